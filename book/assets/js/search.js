// Loads mdBook's search when it is first asked for: whoever only reads needs none of it.
'use strict';

{
    const files = document.currentScript.dataset.files.split(' ');
    const button = document.getElementById('mdbook-search-toggle');
    const asked = new URLSearchParams(location.search);

    if (asked.has('search') || asked.has('highlight')) {
        load(null);
    } else {
        button.addEventListener('click', () => load(() => button.click()), { once: true });
    }

    function load(then) {
        const scripts = files.map(file => {
            const script = document.createElement('script');
            script.src = file;
            // In this order, as each needs those before it.
            script.async = false;
            return script;
        });
        scripts.at(-1).onload = then;
        document.head.append(...scripts);
    }
}
