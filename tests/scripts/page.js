// Drives a real browser as it is told, by WebDriver BiDi: standard input has a command a line, as
// JSON, and standard output gets an answer a line. It ends, with its browser, when its input does.
//
// The first argument is JSON: the browser's name and path. Firefox is one that prefers dark pages.

'use strict';

const readline = require('node:readline');
const puppeteer = require('puppeteer-core');

const DEADLINE = 20_000;

const commands = {
  async open({ browser }, { url }) {
    const page = await browser.newPage();
    page.setDefaultTimeout(DEADLINE);
    const noise = [];
    const asked = [];
    page.on('console', (message) => noise.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => noise.push(String(error)));
    page.on('dialog', (dialog) => noise.push(`dialog: ${dialog.message()}`));
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(url);
    this.stage = { page, noise, asked };
  },

  // The value of an expression.
  evaluate: ({ page }, { code }) => page.evaluate(code),

  // Waits until an expression is true, and says how many milliseconds that took.
  async until({ page }, { code, within }) {
    const begin = Date.now();
    await page.waitForFunction(code, { polling: 20, timeout: within });
    return Date.now() - begin;
  },

  click: ({ page }, { selector }) => page.click(selector),

  async type({ page }, { selector, text }) {
    await page.focus(selector);
    await page.keyboard.type(text);
  },

  async paste({ page }) {
    await page.keyboard.down('Control');
    await page.keyboard.press('v');
    await page.keyboard.up('Control');
  },

  resize: ({ page }, { width, height }) => page.setViewport({ width, height }),

  // What the browser's console got, and whatever was asked of any server.
  heard: ({ noise, asked }) => ({ noise, asked: [...new Set(asked)] }),

  close: ({ page }) => page.close(),
};

function launch({ browser, executable }) {
  const common = { executablePath: executable, headless: true, protocol: 'webDriverBiDi' };
  if (browser === 'firefox') {
    return puppeteer.launch({
      ...common,
      browser,
      extraPrefsFirefox: {
        'layout.css.prefers-color-scheme.content-override': 0,
        'network.captive-portal-service.enabled': false,
        'network.connectivity-service.enabled': false,
      },
    });
  }
  return puppeteer.launch({
    ...common,
    browser: 'chrome',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

async function main() {
  const browser = await launch(JSON.parse(process.argv[2]));
  let stage = {};
  try {
    for await (const line of readline.createInterface({ input: process.stdin })) {
      const command = JSON.parse(line);
      let answer;
      try {
        const held = { stage: null };
        const value = await commands[command.do].call(held, { browser, ...stage }, command);
        stage = held.stage ?? stage;
        answer = { value: value ?? null };
      } catch (error) {
        answer = { error: String(error) };
      }
      console.log(JSON.stringify(answer));
    }
  } finally {
    await browser.close();
  }
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
