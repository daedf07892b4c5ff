// Drives a real browser against an Engine behind the bridge, as a web page would.
//
// The first argument is JSON: the browser's name and path, the scenario, and the ports of two
// bridges, one without its guard. Each scenario is played towards both, the open one first: it
// shows that the page really does what the guard is to stop. Standard output gets what the page
// saw, as one line of JSON; what the Engines saw, the test asks them.
//
// All names lead to 127.0.0.1. Browsers call that address itself trustworthy and send
// `Sec-Fetch-…` there; to `nas.lan` and the rest, as to all of a local network, they don't.

'use strict';

const http = require('node:http');
const net = require('node:net');
const puppeteer = require('puppeteer-core');

const ATTACKER = 'attacker.example';
const REBOUND = 'evil.example';
const PLAIN = 'nas.lan';
const TRUSTWORTHY = '127.0.0.1';
const DEADLINE = 15_000;
// Below the test's own, so that no browser is left behind.
const WHOLE_DEADLINE = 100_000;

const scenarios = {
  // A person types the address.
  async typed(stage) {
    const seen = {};
    for (const name of [TRUSTWORTHY, 'localhost', PLAIN, REBOUND]) {
      const page = await stage.open(`${stage.engine(name)}/version`);
      seen[name] = await page.evaluate(() => document.documentElement.textContent);
      await page.close();
    }
    return seen;
  },

  // A page whose name leads to the Engine after it was loaded; all is same-origin to it.
  async rebound(stage) {
    const page = await stage.rebound();
    const ask = (path, init) =>
      page.evaluate(
        async (path, init) => {
          try {
            const answer = await fetch(path, init);
            return `${answer.status} ${(await answer.text()).trim()}`;
          } catch (error) {
            return String(error);
          }
        },
        path,
        init,
      );
    const disguise = (language) => ({ 'User-Agent': 'curl/8', 'Accept-Language': language });
    const json = { 'Content-Type': 'application/json' };
    return {
      get: await ask('/version?by=get'),
      emptyLanguage: await ask('/version?by=empty', { headers: disguise('') }),
      anyLanguage: await ask('/version?by=any', { headers: disguise('*') }),
      asNode: await ask('/version?by=node', {
        headers: { ...disguise('*'), 'Sec-Fetch-Mode': 'cors' },
      }),
      post: await ask('/containers/create?by=post', { method: 'POST', headers: json, body: '{}' }),
      disguisedPost: await ask('/containers/create?by=disguised', {
        method: 'POST',
        headers: { ...json, ...disguise('*') },
        body: '{}',
      }),
      delete: await ask('/containers/x?by=delete', { method: 'DELETE' }),
    };
  },

  // A page from elsewhere, and every way to write that a page has.
  async crossSite(stage) {
    const page = await stage.open(stage.pages(ATTACKER));
    const seen = {};
    for (const name of [TRUSTWORTHY, PLAIN]) {
      for (const kind of CROSS_SITE_KINDS) {
        const key = `${kind}-${name}`;
        const url = `${stage.engine(name)}/containers/create?by=${key}`;
        const outcome = page.evaluate(writeAcrossSites, kind, url);
        outcome.catch(() => {}); // told below
        if (kind === 'ping') await page.click('#ping');
        await stage.relay.answered(key);
        seen[key] = await outcome;
      }
    }
    return seen;
  },

  // A GET that passes, and a POST that the browser would put on the same connection.
  async imageThenPost(stage) {
    const seen = {};
    for (const name of [PLAIN, TRUSTWORTHY]) {
      const page = await stage.open(stage.pages(ATTACKER));
      const [image, post] = [`image-${name}`, `post-${name}`];
      await page.evaluate(
        (url) =>
          new Promise((done) => {
            const image = new Image();
            image.onload = image.onerror = done;
            image.src = url;
          }),
        `${stage.engine(name)}/_ping?by=${image}`,
      );
      await page.evaluate(
        (url) =>
          fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include' }).catch(() => {}),
        `${stage.engine(name)}/containers/create?by=${post}`,
      );
      await stage.relay.answered(post);
      seen[name] = {
        sameConnection: stage.relay.connectionOf(image) === stage.relay.connectionOf(post),
      };
      await page.close();
    }
    return seen;
  },

  // WebSockets of a page from elsewhere, and of one whose name leads here.
  async webSocket(stage) {
    const connect = (page, url) =>
      page.evaluate(
        (url) =>
          new Promise((done) => {
            const socket = new WebSocket(url);
            socket.onopen = () => done('open');
            socket.onerror = () => done('error');
          }),
        url,
      );
    const seen = {};
    const foreign = await stage.open(stage.pages(ATTACKER));
    const path = '/containers/x/attach/ws?stream=1&stdin=1&by=';
    for (const name of [TRUSTWORTHY, PLAIN]) {
      const url = `${stage.engine(name)}${path}${name}`.replace('http:', 'ws:');
      seen[name] = await connect(foreign, url);
      await stage.relay.answered(`by=${name}`);
    }
    const rebound = await stage.rebound();
    const url = `${stage.engine(REBOUND)}${path}${REBOUND}`.replace('http:', 'ws:');
    seen[REBOUND] = await connect(rebound, url);
    await stage.relay.answered(`by=${REBOUND}`);
    return seen;
  },

  // The browser is sent to what a container printed: a page whose script writes before the page
  // has loaded (its request is synchronous).
  async logPage(stage) {
    const seen = {};
    for (const name of [PLAIN, TRUSTWORTHY]) {
      const url = `${stage.engine(name)}${stage.config.path}`;
      const typed = await stage.open(url);
      seen[`typed-${name}`] = await typed.title();
      await typed.close();

      const sent = await stage.open(stage.pages(ATTACKER));
      const arrived = sent.waitForNavigation({ timeout: DEADLINE });
      await sent.evaluate((url) => void setTimeout(() => (location = url)), url);
      await arrived;
      seen[`sent-${name}`] = await sent.title();
      await sent.close();

      const framing = await stage.open(stage.pages(ATTACKER));
      await framing.evaluate(
        (url) =>
          new Promise((done) => {
            const frame = document.createElement('iframe');
            frame.onload = done;
            frame.src = url;
            document.body.append(frame);
          }),
        url,
      );
      seen[`framed-${name}`] = await framing.frames()[1].title();
      await framing.close();
    }
    return seen;
  },
};

const CROSS_SITE_KINDS = [
  'form',
  'plainForm',
  'sandboxedForm',
  'noCors',
  'cors',
  'preflight',
  'xhr',
  'beacon',
  'ping',
];

// Runs in the page.
async function writeAcrossSites(kind, url) {
  const submit = (type, target) => {
    const form = document.createElement('form');
    Object.assign(form, { method: 'POST', action: url, enctype: type, target });
    form.innerHTML = '<input name="{&quot;Image&quot;:&quot;" value="&quot;}">';
    document.body.append(form);
    form.submit();
  };
  const frame = (attributes) => {
    const frame = document.createElement('iframe');
    for (const [name, value] of Object.entries(attributes)) frame.setAttribute(name, value);
    document.body.append(frame);
  };
  const ask = async (init) => {
    try {
      return (await fetch(url, { method: 'POST', body: '{}', ...init })).type;
    } catch (error) {
      return error.name;
    }
  };
  switch (kind) {
    case 'form':
    case 'plainForm':
      frame({ name: url });
      submit(kind === 'form' ? 'application/x-www-form-urlencoded' : 'text/plain', url);
      return 'sent';
    case 'sandboxedForm':
      frame({
        sandbox: 'allow-scripts allow-forms',
        srcdoc:
          `<form method="POST" action="${url}"><input name="a" value="b"></form>` +
          '<script>document.forms[0].submit()</script>',
      });
      return 'sent';
    case 'noCors':
      return ask({ mode: 'no-cors', credentials: 'include' });
    case 'cors':
      return ask({ headers: { 'Content-Type': 'text/plain' } });
    case 'preflight':
      return ask({ headers: { 'Content-Type': 'application/json' } });
    case 'xhr':
      return new Promise((done) => {
        const request = new XMLHttpRequest();
        request.open('POST', url);
        request.onload = () => done('load');
        request.onerror = () => done('error');
        request.send('{}');
      });
    case 'beacon':
      return navigator.sendBeacon(url, new Blob(['{}'], { type: 'text/plain' }));
    case 'ping':
      document.body.innerHTML = `<a id="ping" href="#" ping="${url}">click</a>`;
      return 'clicked';
  }
}

// Hands connections on as they are, to wherever it is told, and remembers what went up.
class Relay {
  constructor(to) {
    this.to = to;
    this.connections = [];
    this.server = net.createServer((client) => {
      const connection = { up: '', answered: '' };
      this.connections.push(connection);
      client.on('error', () => client.destroy());
      // Browsers connect before they have something to say; only then it is known where it goes.
      client.once('data', (first) => {
        const target = net.connect(this.to, '127.0.0.1');
        const note = (bytes) => (connection.up += bytes.toString('latin1'));
        note(first);
        target.write(first);
        client.on('data', note);
        target.on('data', () => (connection.answered = connection.up));
        target.on('error', () => client.destroy());
        client.on('close', () => target.destroy());
        target.on('close', () => client.destroy());
        client.pipe(target).pipe(client);
      });
    });
  }

  // Which connection a request went over, by a part of its target.
  connectionOf(text) {
    return this.connections.findIndex((connection) => connection.up.includes(text));
  }

  // Waits until a request was answered, if only by a refusal.
  async answered(text) {
    const end = Date.now() + DEADLINE;
    while (!this.connections.some((connection) => connection.answered.includes(text))) {
      if (Date.now() > end) throw new Error(`the browser never asked for ${text}`);
      await new Promise((resume) => setTimeout(resume, 10));
    }
  }
}

function listen(server) {
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve(server.address().port)),
  );
}

// The attacker's own web server.
function pageServer() {
  return http.createServer((_request, response) => {
    response.writeHead(200, {
      'Content-Type': 'text/html',
      'Cache-Control': 'no-store',
      Connection: 'close',
    });
    response.end('<!DOCTYPE html><title>page</title><link rel="icon" href="data:,"><body></body>');
  });
}

function launch({ browser, executable }) {
  const names = [ATTACKER, REBOUND, PLAIN];
  if (browser === 'firefox') {
    return puppeteer.launch({
      browser,
      executablePath: executable,
      headless: true,
      extraPrefsFirefox: {
        'network.dns.localDomains': names.join(),
        'browser.send_pings': true,
        'browser.send_pings.require_same_host': false,
        'network.captive-portal-service.enabled': false,
        'network.connectivity-service.enabled': false,
      },
    });
  }
  return puppeteer.launch({
    browser: 'chrome',
    executablePath: executable,
    headless: true,
    pipe: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--host-resolver-rules=${names.map((name) => `MAP ${name} 127.0.0.1`).join()}`,
    ],
  });
}

async function play(config, browser, pagePort, enginePort) {
  const relay = new Relay(enginePort);
  const port = await listen(relay.server);
  const stage = {
    config,
    relay,
    engine: (name) => `http://${name}:${port}`,
    pages: (name) => `http://${name}:${pagePort}/`,
    async open(url) {
      const page = await browser.newPage();
      page.setDefaultTimeout(DEADLINE);
      await page.goto(url, { timeout: DEADLINE });
      return page;
    },
    async rebound() {
      relay.to = pagePort;
      const page = await stage.open(`${stage.engine(REBOUND)}/`);
      relay.to = enginePort;
      return page;
    },
  };
  try {
    return await scenarios[config.scenario](stage);
  } finally {
    relay.server.close();
  }
}

async function main() {
  const config = JSON.parse(process.argv[2]);
  const pages = pageServer();
  const pagePort = await listen(pages);
  const browser = await launch(config);
  const late = setTimeout(() => {
    console.error(`not within ${WHOLE_DEADLINE} ms`);
    browser.process()?.kill('SIGKILL');
    process.exit(1);
  }, WHOLE_DEADLINE);
  try {
    const open = await play(config, browser, pagePort, config.open);
    const guarded = await play(config, browser, pagePort, config.guarded);
    console.log(JSON.stringify({ open, guarded }));
  } finally {
    await browser.close();
    clearTimeout(late);
  }
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
