// Lines torn and whole: what each process writes, in a random order.
'use strict';

class PlayLines extends PlayFigure {
    build() {
        this.way = 'apart';
        this.seed = 1;
        this.choice('Each process writes its line', [
            ['apart', 'in two calls: text, line break'], ['words', 'word by word'], ['whole', 'in one call'],
        ], way => {
            this.way = way;
            this.reset();
        });
        this.group('Run',
            this.button('Next call', () => this.go(1)),
            this.button('All calls', () => this.go(Infinity)),
            this.button('Start again', () => this.reset()),
            this.button('New order', () => {
                this.seed += 1;
                this.reset();
            }));
        this.screen = make('samp', {});
        this.controls.append(make('div', { class: 'screen', role: 'group', 'aria-label': 'The terminal' },
            make('span', {}, 'The terminal'), make('pre', {}, this.screen)));
        this.reset();
    }

    reset() {
        this.order = linesRules.order(this.way, chance(this.seed));
        this.made = 0;
        this.show(`${linesRules.PROCESSES} processes, ${this.order.length} calls of write. How many lines will be whole?`);
    }

    go(calls) {
        this.made = Math.min(this.made + calls, this.order.length);
        const whole = linesRules.whole(this.text());
        const { process, text } = this.order[this.made - 1];
        this.show(this.made < this.order.length
            ? `Process ${process} writes ${this.named(text)}.`
            : `${whole} of ${linesRules.PROCESSES} lines are whole.` + (this.way === 'whole'
                ? ' No order of the calls can tear one.'
                : whole < linesRules.PROCESSES ? ' A process wrote between two calls of another.' : ' That was luck. Try another order.'));
    }

    text() {
        return linesRules.printed(this.order.slice(0, this.made));
    }

    named(text) {
        return text === '\n' ? 'a line break' : `“${text.trim()}”${text.endsWith('\n') ? ' and a line break' : ''}`;
    }

    show(text) {
        this.screen.textContent = this.text().replaceAll('\n', '↵\n') || ' ';
        this.say(text);
        this.update();
    }

    /** A lane for each process, the calls in their order. */
    paint(width) {
        const shapes = [];
        const left = 74;
        const each = (width - left) / this.order.length;
        for (let process = 1; process <= linesRules.PROCESSES; process++) {
            const y = process * 32 - 6;
            shapes.push(label(0, y - 4, `process ${process}`, { class: 'small' }),
                shape('path', { class: 'grid', d: `M${left} ${y + 5}H${width}` }));
        }
        this.order.slice(0, this.made).forEach(({ process, text }, at) => {
            const short = text.trim().replace('Process', 'P');
            const shown = (short && each < 100 ? short.replace(/:.*/, '') : text.trim()) + (text.endsWith('\n') ? '↵' : '');
            const kind = `pale-${process}`;
            const wide = Math.max(each - 3, 12);
            shapes.push(box(kind, left + at * each, process * 32 - 24, wide, 26, wide >= shown.length * 7.5 ? shown : text.endsWith('\n') ? '↵' : ''));
        });
        return { height: linesRules.PROCESSES * 32 + 8, shapes };
    }

    table() {
        return {
            head: ['Call', 'Process', 'Writes'],
            rows: this.order.slice(0, this.made).map(({ process, text }, at) => [at + 1, process, this.named(text)]),
        };
    }
}

customElements.define('play-lines', PlayLines);
