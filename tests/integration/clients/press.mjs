// Presses once with npm's mqtt client, waits for the acknowledgement and the receipt, and prints what came as one JSON line.
//   node press.mjs PORT UID SECRET 4|5
import mqtt from "mqtt";

const [port, uid, secret, level] = process.argv.slice(2);
const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
  username: uid,
  password: secret,
  protocolVersion: Number(level),
  reconnectPeriod: 0,
  will: { topic: `cb/v1/${uid}/up/state`, payload: '{"online": false}', qos: 1, retain: true },
});
const receipt = new Promise((resolve) => client.on("message", (topic, payload) => resolve([topic, payload.toString()])));
await client.subscribeAsync(`cb/v1/${uid}/down/#`, { qos: 1 });
const acknowledgement = await client.publishAsync(`cb/v1/${uid}/up/alarm`, '{"msg_id": "from-node"}', { qos: 1 });
const [topic, payload] = await receipt;
await client.endAsync();
console.log(JSON.stringify({ acknowledged: acknowledgement?.cmd ?? null, topic, payload }));
