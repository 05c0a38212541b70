// Anything wider than the page scrolls by itself, and must then be reachable by keyboard.
'use strict';

{
    const wide = 'pre, .table-wrapper, .picture, .diagram, .still';
    const measure = () => {
        // A live region may become wide at any moment, so it is a tab stop from the start.
        // What is folded away is measured when it is opened: asking for its width would lay it out.
        const all = [...document.querySelectorAll(`:is(${wide}):not([role="region"])`)]
            .filter(element => element.checkVisibility());
        // Read all widths before changing anything: reading one after a change makes the browser
        // lay the page out again.
        const isWide = all.map(element => element.scrollWidth > element.clientWidth);
        for (const [index, element] of all.entries()) {
            if (isWide[index]) {
                element.tabIndex = 0;
            } else {
                element.removeAttribute('tabindex');
            }
        }
    };
    // Arrow keys also turn the page. Here they scroll, change a number or choose, so the event
    // stops here.
    const own = `${wide}, input:is([type="range"], [type="number"], [type="radio"])`;
    addEventListener('keydown', event => {
        if (event.key.startsWith('Arrow') && event.target.matches(own)) {
            event.stopPropagation();
        }
    }, { capture: true });
    addEventListener('resize', measure);
    document.addEventListener('layout', measure);
    document.addEventListener('toggle', measure, { capture: true });
    // After the page is laid out with its fonts and drawn, this causes no extra layout.
    document.fonts.ready.then(() => requestAnimationFrame(() => setTimeout(measure)));
}
