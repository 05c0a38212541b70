// Memory before and after a fork, page by page, as the processes write.
'use strict';

class PlayMemory extends PlayFigure {
    build() {
        this.life = this.button('', () => this.beginOrEnd());
        this.group('Processes', this.life, this.button('Start again', () => this.reset()));
        this.writers = {};
        for (const who of ['parent', 'child']) {
            const buttons = Array.from({ length: memoryRules.PAGES }, (_, at) =>
                this.button(at + 1, () => this.write(who, at), `The ${who} writes to page ${at + 1}`));
            this.writers[who] = this.group(`The ${who} writes`, make('span', {}, `The ${who} writes to page`), ...buttons);
        }
        this.reset();
    }

    reset() {
        this.memory = memoryRules.start();
        this.show('One process, and all its pages. Fork it.');
    }

    beginOrEnd() {
        const { memory } = this;
        if (memory.tables.child) {
            const before = memoryRules.used(memory);
            memoryRules.end(memory);
            const gone = before - memoryRules.used(memory);
            this.show(`The child has ended. ${gone === 0 ? 'It had no frames of its own.' : `Its own copies are gone: ${count(gone, 'frame')}.`} Let the parent write now.`);
        } else {
            memoryRules.fork(memory);
            this.show('The table was copied, but not one page. Both tables point to the same frames, which are now read-only. Guess what a write does, then write.');
        }
    }

    write(who, at) {
        if (!this.memory.tables[who]) {
            this.say('There is no child. Fork first.');
            return;
        }
        const how = memoryRules.write(this.memory, who, at);
        const { frame } = this.memory.tables[who][at];
        this.show(`The ${who} writes to page ${at + 1}. ` + {
            written: 'The page is its own and writable, so the kernel is not involved.',
            copied: `It is read-only and shared, so the kernel copies it to frame ${frame + 1} and lets the write go on.`,
            freed: 'It is read-only, but no other process has it any more, so the kernel makes it writable without a copy.',
        }[how]);
    }

    show(text) {
        const { memory } = this;
        this.rename(this.life, memory.tables.child ? 'End the child' : 'Fork');
        this.writers.child.classList.toggle('absent', !memory.tables.child);
        this.say(text);
        this.update();
    }

    paint(width) {
        const { memory } = this;
        const wide = Math.min(110, (width - 50) / 3);
        const middle = (width - wide) / 2;
        const row = at => 30 + at * 36;
        const rows = Math.max(memoryRules.PAGES, memory.frames.length);
        const shapes = [
            label(0, 18, 'parent', { class: 'name' }),
            label(width / 2, 18, 'frames', { class: 'name', 'text-anchor': 'middle' }),
        ];
        memory.frames.forEach(({ value }, frame) => {
            const users = memoryRules.users(memory, frame);
            const kind = users === 2 ? 'box' : users === 0 ? 'idle' : this.owner(frame);
            shapes.push(box(kind, middle, row(frame), wide, 28, users === 0 ? 'free' : `${frame + 1}: ${value}`));
        });
        for (const [who, kind, x, from, to] of [
            ['parent', 'pale-1', 0, wide, middle],
            ['child', 'pale-2', width - wide, width - wide, middle + wide],
        ]) {
            const table = memory.tables[who];
            if (!table) {
                continue;
            }
            if (who === 'child') {
                shapes.push(label(width, 18, 'child', { class: 'name', 'text-anchor': 'end' }));
            }
            table.forEach(({ frame, isWritable }, at) => {
                const page = box(kind, x, row(at), wide, 28, `page ${at + 1} ${isWritable ? 'rw' : 'r'}`);
                page.addEventListener('click', () => this.write(who, at)); // as the buttons do
                page.classList.add('press');
                const d = `M${from} ${row(at) + 14}L${to} ${row(frame) + 14}`;
                shapes.push(page, shape('path', { class: 'line', d }),
                    shape('circle', { class: 'dot', cx: to, cy: row(frame) + 14, r: 3 }));
            });
        }
        const { copies, faults } = memory;
        const used = memoryRules.used(memory);
        const y = row(rows) + 16;
        shapes.push(label(0, y, `frames in use: ${used}`, { class: 'small' }),
            label(0, y + 20, `page faults: ${faults}, pages copied: ${copies}`, { class: 'small' }));
        if (memory.tables.child) {
            shapes.push(label(0, y + 60, 'r: readable; rw: writable too', { class: 'small soft' }), label(0, y + 40, `saved by copying late: ${2 * memoryRules.PAGES - used} frames`, { class: 'small' }));
        }
        return { height: y + 70, shapes };
    }

    owner(frame) {
        return this.memory.tables.parent.some(page => page.frame === frame) ? 'pale-1' : 'pale-2';
    }

    table() {
        const { frames, tables } = this.memory;
        const rows = ['parent', 'child'].flatMap(who => (tables[who] ?? []).map(({ frame, isWritable }, at) =>
            [who, at + 1, frame + 1, frames[frame].value, isWritable ? 'reading and writing' : 'reading only']));
        return { head: ['Process', 'Page', 'Frame', 'Value', 'Open for'], rows };
    }
}

customElements.define('play-memory', PlayMemory);
