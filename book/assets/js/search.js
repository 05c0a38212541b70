// Loads mdBook's search when it is first asked for: whoever only reads needs none of it. And
// mends two things in it: it heard of keys alone, and found nothing for a word such as `get`.
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

    // What is pasted or dictated comes without a key.
    const field = document.getElementById('mdbook-searchbar');
    field.addEventListener('input', () => field.dispatchEvent(new Event('keyup')));

    /** Words such as `is` and `a` do not count in `what is a pool`, but by themselves they do. */
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
            // In this order, as each needs those before it.
            script.async = false;
            return script;
        });
        scripts.at(-2).addEventListener('load', keepLoneWords);
        scripts.at(-1).onload = then;
        document.head.append(...scripts);
    }
}
