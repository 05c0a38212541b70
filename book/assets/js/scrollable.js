// Whatever is wider than the page scrolls by itself; then it must be reachable by keyboard.
'use strict';

{
    const wide = [...document.querySelectorAll('pre, .table-wrapper, .picture, .diagram, .still')];
    const measure = () => {
        for (const element of wide) {
            if (element.scrollWidth > element.clientWidth) {
                element.tabIndex = 0;
            } else {
                element.removeAttribute('tabindex');
            }
        }
    };
    for (const element of wide) {
        element.addEventListener('keydown', event => {
            // The arrows also turn the page; here they scroll.
            if (event.target === element && event.key.startsWith('Arrow')) {
                event.stopPropagation();
            }
        });
    }
    addEventListener('resize', measure);
    document.addEventListener('layout', measure);
    document.fonts.ready.then(measure);
    measure();
}
