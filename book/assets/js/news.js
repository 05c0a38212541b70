// A worker that all tabs of the book share: it listens for news of the next build. A browser
// opens only six connections to a host, so a tab that held one would soon leave none.
'use strict';

{
    const news = new EventSource(name);
    const tabs = new Set();
    let last = null;

    for (const kind of ['built', 'problem', 'measured']) {
        news.addEventListener(kind, ({ data }) => {
            const latest = JSON.parse(data);
            last = { ...last, ...latest };
            tabs.forEach(tab => tab.postMessage(latest));
        });
    }

    addEventListener('connect', ({ ports: [tab] }) => {
        tabs.add(tab);
        // All that a tab ever says is that it is closed.
        tab.addEventListener('message', () => tabs.delete(tab));
        tab.start();
        if (last) {
            tab.postMessage(last);
        }
    });
}
