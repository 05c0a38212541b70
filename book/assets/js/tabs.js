// Turns each pair of Python and Rust into tabs. One choice applies to every pair and is remembered.
// Follows the pattern of the ARIA Authoring Practices.
'use strict';

{
    const sets = [...document.querySelectorAll('.twins')].map(makeTabs);
    choose(document.documentElement.dataset.language);

    function makeTabs(twins, number) {
        const list = document.createElement('div');
        list.className = 'tabs';
        list.setAttribute('role', 'tablist');
        list.setAttribute('aria-label', 'Language');
        const tabs = [...twins.querySelectorAll(':scope > figure')].map(panel => {
            const language = panel.dataset.language;
            const tab = document.createElement('button');
            tab.type = 'button';
            tab.id = `tab-${number}-${language}`;
            tab.dataset.language = language;
            tab.textContent = panel.querySelector('.language').textContent;
            tab.setAttribute('role', 'tab');
            tab.addEventListener('click', () => keepInPlace(tab, () => pick(language)));
            panel.id = `panel-${number}-${language}`;
            panel.setAttribute('role', 'tabpanel');
            panel.setAttribute('aria-labelledby', tab.id);
            tab.setAttribute('aria-controls', panel.id);
            return { tab, panel, language };
        });
        list.append(...tabs.map(({ tab }) => tab));
        list.addEventListener('keydown', event => move(event, tabs));
        twins.prepend(list);
        twins.classList.add('tabbed');
        return tabs;
    }

    function choose(language) {
        for (const { tab, panel, language: own } of sets.flat()) {
            const chosen = own === language;
            tab.setAttribute('aria-selected', chosen);
            tab.tabIndex = chosen ? 0 : -1;
            panel.hidden = !chosen;
        }
    }

    function pick(language) {
        choose(language);
        remember('language', language);
        document.dispatchEvent(new Event('layout'));
    }

    function move(event, tabs) {
        const at = tabs.findIndex(({ tab }) => tab === event.target);
        const to = {
            ArrowLeft: (at + tabs.length - 1) % tabs.length,
            ArrowRight: (at + 1) % tabs.length,
            Home: 0,
            End: tabs.length - 1,
        }[event.key];
        if (to === undefined) {
            return;
        }
        // Arrow keys also turn the page, but not from here.
        event.preventDefault();
        event.stopPropagation();
        keepInPlace(tabs[to].tab, () => pick(tabs[to].language));
        tabs[to].tab.focus();
    }

    /** Panels above may grow or shrink, but the reader's place must not move. */
    function keepInPlace(element, change) {
        const before = element.getBoundingClientRect().top;
        change();
        scrollBy({ top: element.getBoundingClientRect().top - before, behavior: 'instant' });
    }
}
