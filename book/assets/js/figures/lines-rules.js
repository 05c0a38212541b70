// Several processes each print a line to one terminal. The bytes of one call of `write` stay
// together; between two calls any process may write.
'use strict';

const linesRules = (() => {
    const PROCESSES = 4;

    function line(process) {
        return `Process ${process}: ${process}\n`;
    }

    /** The calls with which a process writes its line. */
    function calls(way, process) {
        return {
            whole: [line(process)],
            apart: [line(process).trimEnd(), '\n'],
            words: line(process).split(/(?= )|(?=\n)/),
        }[way];
    }

    /** A random order of all calls that keeps the order of each process. */
    function order(way, next) {
        const left = Array.from({ length: PROCESSES }, (_, at) =>
            calls(way, at + 1).map(text => ({ process: at + 1, text })));
        const order = [];
        let can;
        while ((can = left.filter(calls => calls.length > 0)).length > 0) {
            order.push(can[next(can.length)].shift());
        }
        return order;
    }

    /** What the terminal shows. */
    function printed(order) {
        return order.map(({ text }) => text).join('');
    }

    /** The number of lines that came out whole. */
    function whole(text) {
        const rows = text.split('\n').map(row => `${row}\n`);
        return Array.from({ length: PROCESSES }, (_, at) => line(at + 1)).filter(line => rows.includes(line)).length;
    }

    return { PROCESSES, calls, order, printed, whole };
})();
