// Shows a program's output as a terminal does: with colours, and lines that are overwritten, such
// as progress bars. Nothing else a terminal can do is supported.
'use strict';

/** Text to write into, and `clear`. */
function terminal(element) {
    // Longer lines wrap, as in a terminal; only the part after the break can be overwritten.
    const WIDTH = 1000;
    const PIECES = /\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)|\x1b[ -/]*[0-OQ-WYZ\\`-~]|[\n\r\b]|[^\x00-\x08\x0a-\x1f\x7f]+/g;
    // An incomplete escape sequence.
    const CUT = /\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b]{0,4096}\x1b?|[ -/]*)$/;

    let rest, cells, column, style, open;
    clear();

    function clear() {
        element.textContent = '';
        [rest, cells, column, style, open] = ['', [], 0, plain(), []];
    }

    function write(text) {
        text = rest + text;
        rest = text.match(CUT)?.[0] ?? '';
        open.forEach(node => node.remove());
        const done = [];
        for (const [piece] of text.slice(0, text.length - rest.length).matchAll(PIECES)) {
            if (piece === '\n') {
                done.push(...cells, ['\n', '']);
                [cells, column] = [[], 0];
            } else if (piece === '\r') {
                column = 0;
            } else if (piece === '\b') {
                column = Math.max(0, column - 1);
            } else if (piece[0] === '\x1b') {
                obey(piece);
            } else {
                const look = looks(style);
                for (const sign of piece) {
                    if (column === WIDTH) {
                        done.push(...cells);
                        [cells, column] = [[], 0];
                    }
                    cells[column] = [sign, look];
                    column += 1;
                }
            }
        }
        element.append(...nodes(done));
        open = nodes(cells);
        element.append(...open);
    }

    function obey(sequence) {
        const [, parameters, command] = sequence.match(/^\x1b\[([\d;:]*)([mKG])$/) ?? [];
        if (command === 'm') {
            paint(style, parameters.replaceAll(':', ';').split(';').map(Number));
        } else if (command === 'G') {
            column = Math.max(1, Math.min(Number(parameters) || 1, cells.length + 1)) - 1;
        } else if (command === 'K') {
            const [from, to] = { 1: [0, column + 1], 2: [0, cells.length] }[parameters] ?? [column, cells.length];
            for (let at = from; at < Math.min(to, cells.length); at += 1) {
                cells[at] = [' ', ''];
            }
            if (to >= cells.length) {
                cells.length = Math.min(cells.length, Math.max(from, column));
            }
        }
    }

    /** Groups signs that look the same. */
    function nodes(signs) {
        const runs = [];
        for (const [sign, look] of signs) {
            if (runs.at(-1)?.look === look) {
                runs.at(-1).text += sign;
            } else {
                runs.push({ look, text: sign });
            }
        }
        return runs.map(({ look, text }) => {
            if (!look) {
                return document.createTextNode(text);
            }
            const span = document.createElement('span');
            const [classes, ...colours] = look.split('|');
            span.className = classes;
            for (const [name, value] of colours.map(colour => colour.split('='))) {
                span.style.setProperty(name, value);
            }
            span.textContent = text;
            return span;
        });
    }

    return { write, clear };
}

/** How a sign looks: `marks` are switches, `ink` and `ground` colours. */
function plain() {
    return { marks: new Set(), ink: null, ground: null };
}

/** As a list of classes, then of colours that have no class. */
function looks({ marks, ink, ground }) {
    const classes = Array.from(marks, mark => `ansi-${mark}`);
    const colours = [];
    for (const [part, colour] of [['ink', ink], ['ground', ground]]) {
        if (colour?.startsWith('rgb')) {
            classes.push(`ansi-${part}-own`);
            colours.push(`--own-${part}=${colour}`);
        } else if (colour) {
            classes.push(`ansi-${part}-${colour}`);
        }
    }
    return classes.length > 0 ? [classes.join(' '), ...colours].join('|') : '';
}

/** Select Graphic Rendition, as ECMA-48 and xterm have it. */
function paint(style, codes) {
    const on = { 1: 'bold', 2: 'dim', 3: 'italic', 4: 'underline', 7: 'reverse' };
    const off = { 22: ['bold', 'dim'], 23: ['italic'], 24: ['underline'], 27: ['reverse'] };
    const names = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];
    const set = codes.values();
    for (const code of set) {
        if (code === 0) {
            Object.assign(style, plain());
        } else if (on[code]) {
            style.marks.add(on[code]);
        } else if (off[code]) {
            off[code].forEach(mark => style.marks.delete(mark));
        } else if (code === 38 || code === 48) {
            style[code === 38 ? 'ink' : 'ground'] = extended(set);
        } else if (code === 39 || code === 49) {
            style[code === 39 ? 'ink' : 'ground'] = null;
        } else if (/^(?:3|9|4|10)[0-7]$/.test(code)) {
            style[code < 40 || code >= 90 && code < 100 ? 'ink' : 'ground'] = names[code % 10];
        }
    }

    function extended(set) {
        const kind = set.next().value;
        if (kind === 2) {
            const [red, green, blue] = [set.next().value, set.next().value, set.next().value];
            return `rgb(${red ?? 0} ${green ?? 0} ${blue ?? 0})`;
        }
        const index = kind === 5 ? set.next().value ?? 0 : 0;
        if (index < 16) {
            return names[index % 8];
        }
        if (index >= 232) {
            const grey = 8 + 10 * (index - 232);
            return `rgb(${grey} ${grey} ${grey})`;
        }
        const level = step => step === 0 ? 0 : 55 + 40 * step;
        const cube = index - 16;
        return `rgb(${level(Math.floor(cube / 36))} ${level(Math.floor(cube / 6) % 6)} ${level(cube % 6)})`;
    }
}
