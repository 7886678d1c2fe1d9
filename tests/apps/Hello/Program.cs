using System.Globalization;
using System.Text.Json.Serialization;
using Hello;

var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Services.ConfigureHttpJsonOptions(options =>
    options.SerializerOptions.TypeInfoResolverChain.Insert(0, HelloJson.Default));

var app = builder.Build();

app.MapGet("/", Page.Write);
app.MapGet("/plaintext", Payload.Plaintext);
app.MapGet("/json", () => new Greeting("Hello, World!"));
app.MapGet("/headers", Page.WriteHeaders);
app.MapGet("/bytes", Payload.Bytes);
app.MapPost("/upload", Payload.Upload);
// What the whole process has allocated so far, in bytes; benchmarks take the difference.
app.MapGet("/alloc", () => GC.GetTotalAllocatedBytes(precise: true).ToString(CultureInfo.InvariantCulture));

app.Run();

namespace Hello
{
    /// <summary>The answer of <c>/json</c>.</summary>
    internal sealed record Greeting(string Message);

    [JsonSerializable(typeof(Greeting))]
    internal sealed partial class HelloJson : JsonSerializerContext;
}
