// Several processes print a line each on one terminal. What one call of `write` hands over
// stays together; between two calls anybody may write.
'use strict';

const linesRules = (() => {
    const PROCESSES = 4;

    function line(process) {
        return `Process ${process}: ${process}\n`;
    }

    /** The calls by which a process writes its line. */
    function calls(way, process) {
        return {
            whole: [line(process)],
            apart: [line(process).trimEnd(), '\n'],
            words: line(process).split(/(?= )|(?=\n)/),
        }[way];
    }

    /** An order of all calls: each process makes its own in turn, and chance says who goes. */
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

    /** How many of the processes' lines stand there as they were meant. */
    function whole(text) {
        const rows = text.split('\n').map(row => `${row}\n`);
        return Array.from({ length: PROCESSES }, (_, at) => line(at + 1)).filter(line => rows.includes(line)).length;
    }

    return { PROCESSES, calls, order, printed, whole };
})();
