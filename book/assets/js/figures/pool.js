// The pool: chunks in a table, workers that take them, and what a death costs.
'use strict';

class PlayPool extends PlayFigure {
    build() {
        this.seed = 1;
        this.lengths = 'mixed';
        const reset = () => this.reset();
        this.workers = this.slider('Workers', { min: 1, max: 8, value: 4 }, reset);
        this.tasks = this.slider('Tasks', { min: 4, max: 32, value: 24 }, reset);
        const show = size => size === 0 ? `${this.size()}, as map chooses` : `${size}`;
        this.chunks = this.slider('Chunk size', { min: 0, max: 12, value: 0, show }, reset);
        this.group('Settings', this.workers, this.tasks, this.chunks);
        this.choice('Lengths of the tasks', [
            ['mixed', 'random'], ['equal', 'all equal'], ['growing', 'growing'], ['long', 'the last one long'],
        ], lengths => {
            this.lengths = lengths;
            this.reset();
        });
        this.guess = make('input', { type: 'number', min: 1, max: 999, inputmode: 'numeric' });
        this.group('Your guess', make('label', {}, make('span', {}, 'Your guess: how many units of time it takes'), this.guess));
        this.play = this.button('Play', () => this.timer ? this.pause() : this.begin());
        this.group('Run',
            this.play,
            this.button('Step', () => this.isReady() && this.step()),
            this.button('Start again', reset),
            this.button('New lengths', () => {
                this.seed += 1;
                this.reset();
            }));
        this.kills = this.group('Kill a worker');
        this.reset();
    }

    disconnectedCallback() {
        clearInterval(this.timer);
    }

    size() {
        const chosen = this.chunks?.input.valueAsNumber; // Undefined while the slider is being made.
        return chosen || poolRules.chunkSize(this.tasks.input.valueAsNumber, this.workers.input.valueAsNumber);
    }

    reset() {
        this.pause();
        this.chunks.update();
        const workers = this.workers.input.valueAsNumber;
        const tasks = this.tasks.input.valueAsNumber;
        const random = chance(this.seed);
        const length = {
            mixed: () => 1 + random(6),
            equal: () => 3,
            growing: at => 1 + Math.floor(at * 6 / tasks),
            long: at => at === tasks - 1 ? 16 : 2,
        }[this.lengths];
        const lengths = Array.from({ length: tasks }, (_, at) => length(at));
        this.work = lengths.reduce((sum, length) => sum + length, 0);
        this.pool = poolRules.start({ workers, lengths, size: this.size() });
        this.guess.value = '';
        this.wasAsked = false;
        this.kills.replaceChildren(make('span', {}, 'Kill worker'),
            ...this.pool.desks.map((_, at) => this.button('', () => this.kill(at))));
        this.nameKills();
        this.say(`${count(tasks, 'task')}, ${this.work} units of work, ${count(workers, 'worker')}. How long will it take?`);
        this.update();
    }

    /** Workers are replaced, so the buttons are renamed. */
    nameKills() {
        this.pool.desks.forEach(({ worker }, at) => this.rename(this.kills.children[at + 1], worker, `Kill worker ${worker}`));
    }

    /** Asks for a guess once, before the first step. */
    isReady() {
        if (this.pool.time > 0 || this.guess.value || this.wasAsked) {
            return true;
        }
        this.wasAsked = true;
        this.say('Guess first how many units of time it takes. Then go on.');
        this.guess.focus();
        return false;
    }

    begin() {
        if (poolRules.isOver(this.pool)) {
            this.reset();
        }
        if (!this.isReady()) {
            return;
        }
        if (matchMedia('(prefers-reduced-motion: reduce)').matches) {
            while (!poolRules.isOver(this.pool)) {
                this.step();
            }
            return;
        }
        this.rename(this.play, 'Pause');
        this.said.setAttribute('aria-live', 'off'); // four announcements a second are too many
        this.timer = setInterval(() => this.step(), 250);
    }

    pause() {
        clearInterval(this.timer);
        this.timer = null;
        this.rename(this.play, 'Play');
        this.said.setAttribute('aria-live', 'polite');
        this.say(this.said.textContent); // now it is announced
    }

    step() {
        poolRules.tick(this.pool);
        if (poolRules.isOver(this.pool)) {
            this.pause();
        }
        this.say(this.told());
        this.update();
    }

    told() {
        const { pool } = this;
        const done = pool.runs.filter(run => run.outcome === 'done').length;
        const idle = poolRules.idle(pool).reduce((sum, idle) => sum + idle);
        if (!poolRules.isOver(pool)) {
            return `Time ${pool.time}: ${done} of ${count(pool.lengths.length, 'task')} done. The workers were idle for ${idle}.`;
        }
        const lost = pool.lengths.length - done;
        const guess = this.guess.value ? ` You guessed ${this.guess.value}.` : '';
        const even = Math.ceil(this.work / pool.desks.length);
        return `It took ${pool.time}.${guess} Divided evenly, it would take ${even}. The workers were idle for ${idle} in total.`
            + (lost > 0 ? ` ${count(lost, 'task')} lost; no task ran twice.` : '');
    }

    kill(at) {
        const { pool } = this;
        if (pool.time === 0 || poolRules.isOver(pool)) {
            this.say('Nothing is running. A worker can be killed between the start and the end.');
            return;
        }
        this.pause(); // so that there is time to read
        const death = this.death(poolRules.kill(pool, at));
        this.say(poolRules.isOver(pool) ? `${death} ${this.told()}` : death);
        this.nameKills();
        this.update();
    }

    death({ worker, lost, spent, kept, again, next }) {
        const died = `Worker ${worker} was killed`;
        const place = `Worker ${next} takes its place.`;
        if (lost === null) {
            return `${died} while it was idle. Nothing is lost. ${place}`;
        }
        const rest = again > 0
            ? `Of its chunk, ${count(again, 'task')} not begun: back in the table.`
            : 'Nothing else in its chunk was left to do.';
        return `${died} in task ${lost + 1}. That task is lost, and ${count(spent, 'unit')} of work. `
            + `${count(kept, 'result')} of its chunk kept. ${rest} ${place}`;
    }

    paint(width) {
        return paintPool(this.pool, width);
    }

    table() {
        const { pool } = this;
        const tasks = (at, outcome) => pool.runs
            .filter(run => run.desk === at && run.outcome === outcome)
            .map(({ item, worker }) => outcome === 'lost' ? `${item + 1} (worker ${worker})` : item + 1)
            .join(', ') || 'none';
        const idle = poolRules.idle(pool);
        return {
            head: ['Worker', 'Tasks done', 'Running', 'Lost', 'Idle'],
            rows: pool.desks.map((desk, at) =>
                [desk.worker, tasks(at, 'done'), tasks(at, 'running'), tasks(at, 'lost'), idle[at]]),
        };
    }
}

customElements.define('play-pool', PlayPool);
