// Whatever is wider than the page scrolls by itself; then it must be reachable by keyboard.
'use strict';

{
    const wide = 'pre, .table-wrapper, .picture, .diagram, .still';
    const measure = () => {
        // What changes under the reader may become wide at any moment. It is a region, has a
        // place among the keyboard's stops from the start, and keeps it.
        for (const element of document.querySelectorAll(`:is(${wide}):not([role="region"])`)) {
            if (element.scrollWidth > element.clientWidth) {
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
    document.fonts.ready.then(measure);
    measure();
}
