// How long work takes with more workers: Amdahl's law, plus the cost of starting them.
// Times are in milliseconds.
'use strict';

const amdahlRules = (() => {
    /**
     * `work`: the time it takes alone. `unsplit`: the part of it that can't be split, from 0 to
     * 1. `start`: the time to start one worker; they are started one after the other. `cores`:
     * how many workers can really run at a time.
     */
    function time({ work, unsplit, start, cores }, workers) {
        return {
            unsplit: work * unsplit,
            start: start * workers,
            split: work * (1 - unsplit) / Math.min(workers, cores),
        };
    }

    function speedup(setting, workers) {
        const { unsplit, start, split } = time(setting, workers);
        return setting.work / (unsplit + start + split);
    }

    /** The most that any number of workers could gain if starting cost nothing. */
    function limit({ unsplit }) {
        return 1 / unsplit;
    }

    /** The fastest number of workers up to `most`. */
    function best(setting, most) {
        let best = 1;
        for (let workers = 2; workers <= most; workers++) {
            if (speedup(setting, workers) > speedup(setting, best)) {
                best = workers;
            }
        }
        return best;
    }

    return { time, speedup, limit, best };
})();
