using System.Globalization;
using GrpcWire;

// A service that speaks gRPC's wire format with nothing but pipes and trailers: messages are bytes that the client
// chooses, so no schema compiler is needed on either side.

var builder = WebApplication.CreateSlimBuilder(args);
builder.WebHost.ConfigureKestrel(options => options.ConfigureEndpointDefaults(
    endpoint => endpoint.Protocols = Microsoft.AspNetCore.Server.Kestrel.Core.HttpProtocols.Http2));
var app = builder.Build();

app.MapPost("/wire.Echo/Unary", Call.Run(async (messages, reply) =>
{
    await foreach (var message in messages)
    {
        await reply(message);
    }
}));

// The request says how many answers it wants.
app.MapPost("/wire.Echo/ServerStream", Call.Run(async (messages, reply) =>
{
    await foreach (var message in messages)
    {
        var count = int.Parse(message, CultureInfo.InvariantCulture);
        for (var i = 0; i < count; i++)
        {
            await reply(System.Text.Encoding.ASCII.GetBytes($"message {i}"));
        }
    }
}));

app.MapPost("/wire.Echo/ClientStream", Call.Run(async (messages, reply) =>
{
    long bytes = 0;
    await foreach (var message in messages)
    {
        bytes += message.Length;
    }

    await reply(System.Text.Encoding.ASCII.GetBytes(bytes.ToString(CultureInfo.InvariantCulture)));
}));

app.MapPost("/wire.Echo/PingPong", Call.Run(async (messages, reply) =>
{
    await foreach (var message in messages)
    {
        await reply(message);
    }
}));

app.MapPost("/wire.Echo/Fail", Call.Run((_, _) => throw new CallException(9, "failed as asked")));

app.MapGet("/", () => "gRPC at /wire.Echo");
app.Run();
