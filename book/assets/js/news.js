// A worker shared by all tabs of the book, which listens for events from the server. A browser
// opens only six connections to a host, so one per tab would soon be too many.
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
        // A tab sends only one message: that it is closed.
        tab.addEventListener('message', () => tabs.delete(tab));
        tab.start();
        if (last) {
            tab.postMessage(last);
        }
    });
}
