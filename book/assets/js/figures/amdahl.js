// Amdahl's law and the cost of starting, with what was measured over the curve.
'use strict';

class PlayAmdahl extends PlayFigure {
    build() {
        this.figure = this.closest('figure');
        this.measured = JSON.parse(this.figure.dataset.measured);
        const update = () => this.tell();
        this.workers = this.slider('Workers', { min: 1, max: this.most(), value: 4 }, update);
        this.cores = this.slider('Cores', { min: 1, max: this.most(), value: 8 }, update);
        this.unsplit = this.slider('Can’t be split', { min: 0, max: 50, value: 10, show: part => `${part} %` }, update);
        // A step is a tenth of a decade: from 1 ms to 100 s, and from 10 µs to 100 ms.
        const show = at => duration(10 ** (at / 10));
        this.work = this.slider('Work for one worker', { min: 0, max: 50, value: 20, show }, update);
        this.start = this.slider('Starting a worker', { min: -20, max: 20, value: 0, show }, update);
        this.group('Settings', this.workers, this.cores, this.unsplit, this.work, this.start);
        this.machines = this.group('Set to a measured machine');
        this.sources = make('div', {});
        this.controls.append(this.sources);
        this.figure.addEventListener('measured', () => this.measure());
        this.measure();
    }

    /** Takes what has been measured so far. */
    measure() {
        this.measured = JSON.parse(this.figure.dataset.measured);
        for (const { input } of [this.workers, this.cores]) {
            input.max = this.most();
        }
        // Those that are there stay: one of them may have the focus.
        const known = this.machines.children.length;
        this.machines.append(...this.measured.slice(known).map(({ whose }) =>
            this.button(`Set to ${whose}`, () => this.be(this.measured.find(run => run.whose === whose)))));
        const sources = this.measured.map(({ whose, machine }) =>
            make('p', { class: 'source' }, `Points of ${whose}: ${machine}.`));
        this.sources.replaceChildren(...sources, ...this.measured.some(run => run.whose === 'your machine') ? [] : [
            make('p', { class: 'source' }, 'For points of your own machine: ', make('code', {}, 'cargo bench --bench speedup'), '.')]);
        this.tell();
    }

    /** Sets the sliders as on a machine. The part that can't be split is left to find. */
    be({ cores, alone_ms, start_ms }) {
        this.cores.input.value = cores;
        this.work.input.value = Math.round(10 * Math.log10(alone_ms));
        if (start_ms) {
            this.start.input.value = Math.round(10 * Math.log10(start_ms));
        }
        [this.cores, this.work, this.start].forEach(slider => slider.update());
        this.tell();
    }

    setting() {
        const value = slider => slider.input.valueAsNumber;
        return {
            cores: value(this.cores),
            unsplit: value(this.unsplit) / 100,
            work: 10 ** (value(this.work) / 10),
            start: 10 ** (value(this.start) / 10),
        };
    }

    /** How many workers the picture goes to. */
    most() {
        return Math.max(16, ...this.measured.flatMap(({ points }) => points.map(([workers]) => workers)));
    }

    tell() {
        const setting = this.setting();
        const workers = this.workers.input.valueAsNumber;
        const best = amdahlRules.best(setting, this.most());
        const times = workers => `${digits(amdahlRules.speedup(setting, workers))} times as fast as one`;
        const limit = setting.unsplit > 0
            ? ` The part that can’t be split limits this to ${digits(amdahlRules.limit(setting))}, with any number of workers.`
            : '';
        this.say(`With ${count(workers, 'worker')}: ${times(workers)}. Fastest with ${best}: ${times(best)}.${limit}`);
        this.update();
    }

    paint(width) {
        const setting = this.setting();
        const workers = this.workers.input.valueAsNumber;
        const most = this.most();
        const curve = Array.from({ length: most }, (_, at) => [at + 1, amdahlRules.speedup(setting, at + 1)]);
        const shown = [curve, ...this.measured.map(run => run.points)].flat();
        const top = Math.ceil(1.15 * Math.max(3, ...shown.map(([, faster]) => faster)));
        const [left, bottom] = [34, 270];
        const x = workers => left + (workers - 1) / (most - 1) * (width - left - 12);
        const y = faster => bottom - faster / top * (bottom - 28);
        const line = (kind, points) => shape('polyline', { class: kind, points: points.map(([workers, faster]) => `${x(workers)},${y(faster)}`).join(' ') });

        const shapes = [label(0, 14, 'times as fast as one', { class: 'small' }),
            label(width, bottom + 38, 'workers', { class: 'small', 'text-anchor': 'end' })];
        for (let tick = 0; tick <= top; tick += Math.ceil(top / 6)) {
            shapes.push(shape('path', { class: 'grid', d: `M${left} ${y(tick)}H${width}` }),
                label(left - 8, y(tick) + 4, tick, { class: 'small soft', 'text-anchor': 'end' }));
        }
        for (let tick = 1; tick <= most; tick += Math.ceil(most * 26 / (width - left))) {
            shapes.push(label(x(tick), bottom + 18, tick, { class: 'small soft', 'text-anchor': 'middle' }));
        }
        const end = Math.min(most, top);
        shapes.push(line('stroke-3', [[1, 1], [end, end]]), line('stroke-1', curve));
        const limit = amdahlRules.limit(setting);
        const isLow = limit <= top;
        if (isLow) {
            shapes.push(line('stroke-2', [[1, limit], [most, limit]]));
        }
        const [, faster] = curve[workers - 1];
        shapes.push(line('axis', [[workers, 0], [workers, faster]]),
            shape('circle', { class: 'pale-1', cx: x(workers), cy: y(faster), r: 6 }));
        this.measured.forEach((run, at) =>
            shapes.push(...run.points.map(([workers, faster]) => mark(at, x(workers), y(faster)))));
        const legend = this.legend(bottom + 62, isLow);
        return { height: bottom + 62 + legend.length * 20, shapes: [...shapes, ...legend.flat()] };
    }

    /** A sign and a text in each row. */
    legend(top, isLow) {
        const lines = [
            ['stroke-1', 'with these settings'],
            ['stroke-3', 'as many times as workers'],
            ['stroke-2', isLow ? 'the limit' : 'the limit is above the picture'],
        ];
        const signs = [
            ...lines.map(([kind, text]) => [y => shape('path', { class: kind, d: `M0 ${y}H26` }), text]),
            ...this.measured.map(({ whose }, at) => [y => mark(at, 13, y), `measured on ${whose}`]),
        ];
        return signs.map(([sign, text], at) => [sign(top + at * 20 - 5), label(34, top + at * 20, text, { class: 'small' })]);
    }

    table() {
        const setting = this.setting();
        const measured = workers => this.measured.map(({ points }) => {
            const point = points.find(([number]) => number === workers);
            return point ? digits(point[1]) : 'none';
        });
        return {
            head: ['Workers', 'Starting', 'Not split', 'Split', 'Times as fast', ...this.measured.map(({ whose }) => `Measured on ${whose}`)],
            rows: Array.from({ length: this.most() }, (_, at) => {
                const { start, unsplit, split } = amdahlRules.time(setting, at + 1);
                return [at + 1, ...[start, unsplit, split].map(duration), digits(amdahlRules.speedup(setting, at + 1)), ...measured(at + 1)];
            }),
        };
    }
}

/** A measured point: a square for the first machine, a diamond for the second. */
function mark(at, x, y) {
    return shape('rect', { class: `pale-${at + 3}`, x: x - 4.5, y: y - 4.5, width: 9, height: 9, transform: at === 0 ? '' : `rotate(45 ${x} ${y})` });
}

/** Three digits that count. */
function digits(number) {
    return String(+number.toPrecision(3));
}

function duration(ms) {
    const [number, unit] = ms < 1 ? [ms * 1000, 'µs'] : ms < 1000 ? [ms, 'ms'] : [ms / 1000, 's'];
    return `${digits(number)}\u00a0${unit}`;
}

customElements.define('play-amdahl', PlayAmdahl);
