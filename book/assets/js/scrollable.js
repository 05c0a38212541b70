// Whatever is wider than the page scrolls by itself; then it must be reachable by keyboard.
'use strict';

{
    const wide = 'pre, .table-wrapper, .picture, .diagram, .still';
    const measure = () => {
        // What changes under the reader may become wide at any moment. It is a region, has a
        // place among the keyboard's stops from the start, and keeps it.
        const all = [...document.querySelectorAll(`:is(${wide}):not([role="region"])`)];
        // First all widths, then all changes: a width that is asked for after a change makes
        // the browser lay the page out once more.
        const isWide = all.map(element => element.scrollWidth > element.clientWidth);
        for (const [index, element] of all.entries()) {
            if (isWide[index]) {
                element.tabIndex = 0;
            } else {
                element.removeAttribute('tabindex');
            }
        }
    };
    // The arrows also turn the page. Here they scroll, change a number or choose, and the
    // page does not hear of them.
    const own = `${wide}, input:is([type="range"], [type="number"], [type="radio"])`;
    addEventListener('keydown', event => {
        if (event.key.startsWith('Arrow') && event.target.matches(own)) {
            event.stopPropagation();
        }
    }, { capture: true });
    addEventListener('resize', measure);
    document.addEventListener('layout', measure);
    document.addEventListener('toggle', measure, { capture: true });
    // Once the page is laid out with its fonts, and drawn: then it costs no layout of its own.
    document.fonts.ready.then(() => requestAnimationFrame(() => setTimeout(measure)));
}
