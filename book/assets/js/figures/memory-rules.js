// The pages of two processes after a fork: each process has a table that says in which frame of the
// machine's memory each page is.
'use strict';

const memoryRules = (() => {
    const PAGES = 5;

    /** One process with all its memory. */
    function start() {
        const frames = Array.from({ length: PAGES }, (_, at) => ({ value: 10 * (at + 1) }));
        const table = frames.map((_, frame) => ({ frame, isWritable: true }));
        return { frames, tables: { parent: table, child: null }, copies: 0, faults: 0 };
    }

    /** Copies the table, not the pages; all of them become read-only in both tables. */
    function fork(memory) {
        const { tables } = memory;
        tables.parent.forEach(page => { page.isWritable = false; });
        tables.child = tables.parent.map(page => ({ ...page }));
    }

    function users(memory, frame) {
        const { parent, child } = memory.tables;
        return [...parent, ...child ?? []].filter(page => page.frame === frame).length;
    }

    /**
     * A process adds 1 to what stands in a page. Returns `written`, where the kernel had no
     * part in it; `copied`; or `freed`, where nobody else has the page any more.
     */
    function write(memory, who, at) {
        const page = memory.tables[who][at];
        let how = 'written';
        if (!page.isWritable) {
            memory.faults += 1;
            how = 'freed';
            if (users(memory, page.frame) > 1) {
                memory.copies += 1;
                page.frame = memory.frames.push({ ...memory.frames[page.frame] }) - 1;
                how = 'copied';
            }
            page.isWritable = true;
        }
        memory.frames[page.frame].value += 1;
        return how;
    }

    /** The child ends, and frees its table and the frames that only it used. */
    function end(memory) {
        memory.tables.child = null;
    }

    /** The frames in use. */
    function used(memory) {
        return memory.frames.filter((_, frame) => users(memory, frame) > 0).length;
    }

    return { PAGES, start, fork, write, end, users, used };
})();
