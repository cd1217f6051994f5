// Writes what the loggers of Node write: node node_loggers.js DIRECTORY.
import {createRequire} from 'node:module';
import fs from 'node:fs';
import path from 'node:path';

const require = createRequire(import.meta.url);
const pino = require('pino');
const bunyan = require('bunyan');
const winston = require('winston');
const {ecsFormat} = require('@elastic/ecs-pino-format');
const ecsWinston = require('@elastic/ecs-winston-format');

const directory = process.argv[2];
const file = (name) => path.join(directory, `${name}.log`);

function usePinoLike(logger) {
  logger.trace('cache warm');
  logger.info({orderId: 4711, 'http.route': '/orders'}, 'order placed');
  logger.warn({duration_ms: 750.5}, 'slow query');
  logger.error(new TypeError('cannot ship'));
  logger.error({err: new TypeError('cannot ship'), orderId: 4711}, 'order failed');
  logger.fatal('no disk space');
}

for (const [name, options] of [
  ['pino', {level: 'trace', name: 'shop'}],
  ['pino_iso', {level: 'trace', timestamp: pino.stdTimeFunctions.isoTime,
                formatters: {level: (label) => ({level: label})}}],
  ['ecs_pino', {level: 'trace', ...ecsFormat({apmIntegration: false})}],
]) {
  fs.writeFileSync(file(name), '');
  usePinoLike(pino(options, pino.destination({dest: file(name), sync: true})));
}

const ring = fs.openSync(file('bunyan'), 'w');
usePinoLike(bunyan.createLogger({
  name: 'shop', level: 'trace', serializers: bunyan.stdSerializers,
  streams: [{level: 'trace', stream: {write: (line) => fs.writeSync(ring, line)}}]}));

for (const [name, format] of [
  ['winston', winston.format.combine(winston.format.timestamp(), winston.format.json())],
  ['ecs_winston', ecsWinston({apmIntegration: false})],
]) {
  const lines = [];
  const {Writable} = await import('node:stream');
  const stream = new Writable({write(chunk, encoding, done) { lines.push(chunk); done(); }});
  const logger = winston.createLogger({level: 'silly', format,
    transports: [new winston.transports.Stream({stream, eol: '\n'})]});
  logger.debug('cache warm');
  logger.info('order placed', {orderId: 4711, 'http.route': '/orders'});
  logger.warn('slow query', {duration_ms: 750.5});
  logger.error('order failed', {err: new TypeError('cannot ship')});
  await new Promise((done) => { logger.on('finish', done); logger.end(); });
  fs.writeFileSync(file(name), lines.join(''));
}
