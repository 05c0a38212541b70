// Opens the contents beside wide pages before they are drawn, and makes the button do what mdBook
// leaves to a checkbox that cannot be reached by keyboard.
'use strict';

{
    const checkbox = document.getElementById('mdbook-sidebar-toggle-anchor');
    const isWide = matchMedia('(min-width: 1080px)').matches;
    const isOpen = isWide && remembered('mdbook-sidebar') !== 'hidden';
    checkbox.checked = isOpen;
    document.documentElement.classList.toggle('sidebar-visible', isOpen);

    addEventListener('DOMContentLoaded', () => {
        const button = document.getElementById('mdbook-sidebar-toggle');
        const sidebar = document.getElementById('mdbook-sidebar');
        // toc.js ran before, and has added the page's headings to the contents.
        document.documentElement.classList.add('contents-ready');
        button.setAttribute('aria-expanded', isOpen);
        sidebar.setAttribute('aria-hidden', !isOpen);
        button.addEventListener('click', () => checkbox.click());
        document.addEventListener('keydown', event => {
            if (event.key === 'Escape' && checkbox.checked && !isWide) {
                button.click();
                button.focus();
            }
        });
    });
}
