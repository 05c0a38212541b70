// Repeatable random numbers: the seed determines all that follow.
'use strict';

/** Returns a function that returns the next whole number below `limit`. */
function chance(seed) {
    let state = Math.imul(seed, 0x9e3779b1) || 1;
    const next = () => {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        return state >>> 0;
    };
    next();
    return limit => Math.floor(next() / 2 ** 32 * limit);
}
