// Two processes increment one counter, step by step, in a given order. A run is the list of
// which process went; everything else follows from it.
'use strict';

const counterRules = (() => {
    const TIMES = 3;

    /** The steps of one increment. */
    const STEPS = {
        bare: ['load', 'add', 'store'],
        lock: ['lock', 'load', 'add', 'store', 'unlock'],
        atomic: ['add 1'],
    };

    /** The state after each process in `order` has gone one step. */
    function run(way, order) {
        const process = () => ({ at: 0, increments: 0, has: null });
        const state = { way, counter: 0, holder: null, lost: 0, processes: [process(), process()], log: [] };
        order.forEach(who => step(state, who));
        return state;
    }

    function next(state, who) {
        const process = state.processes[who];
        return process.increments === TIMES ? 'done' : STEPS[state.way][process.at];
    }

    /** Why a process can't go; `null` if it can. */
    function hindrance(state, who) {
        const step = next(state, who);
        if (step === 'done') {
            return 'done';
        }
        return step === 'lock' && state.holder !== null ? 'waits' : null;
    }

    function step(state, who) {
        const process = state.processes[who];
        const did = next(state, who);
        let overwritten = 0;
        switch (did) {
            case 'lock': state.holder = who; break;
            case 'unlock': state.holder = null; break;
            case 'load': process.has = state.counter; break;
            case 'add': process.has += 1; break;
            case 'add 1': state.counter += 1; break;
            case 'store':
                // Whatever was stored since the load is lost.
                overwritten = state.counter - (process.has - 1);
                state.lost += overwritten;
                state.counter = process.has;
        }
        state.log.push({ who, did, has: process.has, counter: state.counter, overwritten });
        process.at += 1;
        if (process.at === STEPS[state.way].length) {
            Object.assign(process, { at: 0, increments: process.increments + 1, has: null });
        }
    }

    function canGo(state) {
        return [0, 1].filter(who => hindrance(state, who) === null);
    }

    return { TIMES, run, next, hindrance, canGo };
})();
