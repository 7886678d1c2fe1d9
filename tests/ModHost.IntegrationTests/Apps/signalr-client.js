// Talks to the hub over WebSockets with the client of npm's @microsoft/signalr; says "ok" when everything held.
const signalR = require("@microsoft/signalr");
const assert = require("assert");

async function main(url) {
    const connection = new signalR.HubConnectionBuilder()
        .withUrl(url, { transport: signalR.HttpTransportType.WebSockets, skipNegotiation: process.argv[3] === "skip" })
        .configureLogging(signalR.LogLevel.Error)
        .build();
    const said = new Promise(resolve => connection.on("said", resolve));
    await connection.start();
    assert.strictEqual(await connection.invoke("Echo", "h\u00e9llo"), "h\u00e9llo");
    const long = "x".repeat(20000);
    assert.strictEqual(await connection.invoke("Echo", long), long);
    await connection.invoke("Broadcast", "to all");
    assert.strictEqual(await said, "to all");

    const numbers = [];
    await new Promise((resolve, reject) => connection.stream("Counter", 500).subscribe({
        next: number => numbers.push(number), error: reject, complete: resolve }));
    assert.deepStrictEqual(numbers, [...Array(500).keys()]);

    const subject = new signalR.Subject();
    const sum = connection.invoke("Sum", subject);
    for (let i = 1; i <= 100; i++) {
        subject.next(i);
    }
    subject.complete();
    assert.strictEqual(await sum, 5050);
    await connection.stop();
    console.log("ok");
}

main(process.argv[2]).catch(error => { console.error(error); process.exit(1); });
