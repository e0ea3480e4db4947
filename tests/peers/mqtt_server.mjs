// Aedes, an MQTT server of 3.1.1, on loopback. Arguments: port, where its module lies, user and password.
import { createServer } from 'node:net';

const [port, module, user, password] = process.argv.slice(2);
const { Aedes } = await import(module);
const broker = await Aedes.createBroker({
  authenticate: (_client, name, given, done) => done(null, name === user && String(given) === password),
});
createServer(broker.handle).listen(Number(port), '127.0.0.1');
