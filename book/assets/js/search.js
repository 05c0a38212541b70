// Loads mdBook's search at its first use, and fixes two faults in it: it listened only to keys, and
// found nothing for words such as `get`.
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

    // Pasted or dictated text comes without a key event.
    const field = document.getElementById('mdbook-searchbar');
    field.addEventListener('input', () => field.dispatchEvent(new Event('keyup')));

    /** Words such as `is` and `a` are ignored in `what is a pool`, but not on their own. */
    function keepLoneWords() {
        const { load } = elasticlunr.Index;
        elasticlunr.Index.load = data => {
            const index = load.call(elasticlunr.Index, data);
            const { search } = index;
            index.search = (text, options) => {
                const words = text.split(/\s+/);
                const telling = words.filter(word => !elasticlunr.stopWordFilter.stopWords[word.toLowerCase()]);
                return search.call(index, (telling.length > 0 ? telling : words).join(' '), options);
            };
            return index;
        };
    }

    function load(then) {
        const scripts = files.map(file => {
            const script = document.createElement('script');
            script.src = file;
            // In this order, since each needs the ones before it.
            script.async = false;
            return script;
        });
        scripts.at(-2).addEventListener('load', keepLoneWords);
        scripts.at(-1).onload = then;
        document.head.append(...scripts);
    }
}
