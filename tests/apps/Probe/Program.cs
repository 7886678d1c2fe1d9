using Probe;
using Probe.Endpoints;
using Probe.Suite;

// One application with an endpoint for everything that a server may be asked to do. Tests run it under Kestrel and
// under ModHost and compare. What no endpoint matches is answered with a dump of the request. With
// PROBE_ENDPOINTS=exchange it is the exchange suite's application instead.

StartUp.BeforeHost();
if (ExchangeSuite.Chosen)
{
    ExchangeSuite.BeforeHost();
    var suite = WebApplication.CreateBuilder(args);
    ExchangeSuite.Configure(suite);
    var suiteApp = suite.Build();
    ExchangeSuite.Use(suiteApp);
    suiteApp.Run();
    return 0;
}

if (StartUp.ReturnsEarly)
{
    return StartUp.ExitCode;
}

var builder = WebApplication.CreateBuilder(args);
StartUp.Configure(builder);

var app = builder.Build();
StartUp.Configure(app);

app.Use(InFlight.Count);
app.UseWebSockets();
app.Use((context, next) => context.GetEndpoint() is null ? RequestDump.Write(context) : next(context));

app.MapEcho();
app.MapStreaming();
app.MapResponses();
app.MapMisuse();
app.MapAborts();
app.MapUpgrades();
app.MapFiles();
app.MapFeatures();
app.MapIsolation();
app.MapProcess();
app.MapRuntime();
app.MapLedger();
app.MapLogging();
app.MapRecorder();

app.Run();
return StartUp.ExitCode;
