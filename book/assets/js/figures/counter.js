// Two processes and one counter: the reader decides which goes next, and tries to lose an update.
'use strict';

class PlayCounter extends PlayFigure {
    build() {
        this.way = 'bare';
        this.seed = 0;
        this.choice('Protection', [
            ['bare', 'none'], ['lock', 'a lock'], ['atomic', 'an atomic'],
        ], way => {
            this.way = way;
            this.reset();
        });
        this.steps = [0, 1].map(who => this.button('', () => this.go(who)));
        this.group('Which process goes next', ...this.steps);
        this.group('Order',
            this.button('Take one step back', () => this.back()),
            this.button('Start again', () => this.reset()),
            this.button('New random order', () => this.random()));
        this.reset();
    }

    reset() {
        this.order = [];
        this.show(`Each process increments the counter ${counterRules.TIMES} times. Choose which goes next. Can you end below ${2 * counterRules.TIMES}?`);
    }

    back() {
        this.order.pop();
        this.show(this.order.length === 0 ? 'Back at the start.' : 'One step back.');
    }

    go(who) {
        const hindrance = counterRules.hindrance(this.state, who);
        if (hindrance) {
            this.say(hindrance === 'waits'
                ? `Process ${who + 1} waits: process ${2 - who} holds the lock. Let process ${2 - who} go.`
                : `Process ${who + 1} has incremented the counter ${counterRules.TIMES} times and is done.`);
            return;
        }
        this.order.push(who);
        this.show();
    }

    /** Chooses the order at random, to the end. */
    random() {
        this.seed += 1;
        const next = chance(this.seed);
        this.order = [];
        let can;
        while ((can = counterRules.canGo(counterRules.run(this.way, this.order))).length > 0) {
            this.order.push(can[next(can.length)]);
        }
        this.show();
    }

    show(text) {
        this.state = counterRules.run(this.way, this.order);
        this.steps.forEach((button, who) => {
            this.rename(button, `Process ${who + 1}: ${counterRules.next(this.state, who)}`);
        });
        this.say(text ?? this.told());
        this.update();
    }

    told() {
        const { log, counter, lost } = this.state;
        const { who, did, has, overwritten } = log.at(-1);
        const does = {
            lock: 'takes the lock.',
            unlock: 'releases the lock.',
            load: `reads ${has}.`,
            add: `adds one, and has ${has}.`,
            store: `writes ${counter}.`,
            'add 1': `increments the counter to ${counter}, in one step.`,
        }[did];
        const gone = overwritten > 0
            ? ` ${count(overwritten, 'update')} of the other process overwritten, and lost.`
            : '';
        const all = 2 * counterRules.TIMES;
        const told = `Process ${who + 1} ${does}${gone}`;
        if (counterRules.canGo(this.state).length > 0) {
            return told;
        }
        const verdict = this.way !== 'bare' ? 'No order can lose one.'
            : lost === 0 ? 'None is lost. Try again.'
            : `${count(lost, 'update')} lost. ${counter > 2 ? 'Can you end at 2?' : 'No order ends lower.'}`;
        return `${told} All is done: ${all} increments, and the counter says ${counter}. ${verdict}`;
    }

    paint(width) {
        const { counter, processes, holder, log } = this.state;
        const wide = Math.min(150, (width - 24) / 3);
        const middle = (width - wide) / 2;
        const last = log.at(-1);
        const shapes = [
            label(width / 2, 16, 'shared memory', { class: 'small soft', 'text-anchor': 'middle' }),
            box('pale-3', middle, 26, wide, 56, `counter ${counter}`, { class: 'name' }),
        ];
        if (this.way === 'lock') {
            const text = holder === null ? 'lock: free' : `lock: process ${holder + 1}`;
            shapes.push(label(width / 2, 104, text, { class: 'small', 'text-anchor': 'middle' }));
        }
        processes.forEach((process, who) => {
            const x = who === 0 ? 0 : width - wide;
            shapes.push(
                label(x + wide / 2, 16, `process ${who + 1}`, { class: 'small', 'text-anchor': 'middle' }),
                box(`pale-${who + 1}`, x, 26, wide, 56, process.has === null ? 'has nothing' : `has ${process.has}`),
                label(x + wide / 2, 104, count(process.increments, 'increment'), { class: 'small soft', 'text-anchor': 'middle' }));
            if (last?.who === who && ['load', 'store', 'add 1'].includes(last.did)) {
                shapes.push(this.arrow(who, last.did === 'load', wide, middle, width));
            }
        });
        return this.paintSteps(width, 130, shapes);
    }

    /** From the counter to the process that loads, or back. */
    arrow(who, isLoad, wide, middle, width) {
        const [outer, inner] = who === 0 ? [wide + 2, middle - 2] : [width - wide - 2, middle + wide + 2];
        const [from, to] = isLoad ? [inner, outer] : [outer, inner];
        const back = to > from ? -6 : 6;
        return shape('path', { class: 'line', d: `M${from} 54H${to}M${to + back} 49L${to} 54L${to + back} 59` });
    }

    /** The steps taken, from left to right, a lane for each process; many steps take several rows. */
    paintSteps(width, top, shapes) {
        const { log } = this.state;
        const left = 18;
        const each = 62;
        const inRow = Math.floor((width - left) / each);
        const rows = Math.max(1, Math.ceil(log.length / inRow));
        for (let row = 0; row < rows; row++) {
            shapes.push(...[0, 1].map(who => label(0, top + row * 74 + who * 32 + 19, who + 1, { class: 'small soft' })));
        }
        log.forEach(({ who, did, overwritten }, at) => {
            const x = left + at % inRow * each;
            const y = top + Math.floor(at / inRow) * 74 + who * 32;
            shapes.push(box(`pale-${overwritten > 0 ? 4 : who + 1}`, x, y, each - 6, 28, overwritten > 0 ? `${did} ✕` : did));
        });
        return { height: top + rows * 74, shapes };
    }

    table() {
        return {
            head: ['Step', 'Process', 'Does', 'Then has', 'Counter', 'Updates lost'],
            rows: this.state.log.map(({ who, did, has, counter, overwritten }, at) =>
                [at + 1, who + 1, did, has ?? 'nothing', counter, overwritten]),
        };
    }
}

customElements.define('play-counter', PlayCounter);
