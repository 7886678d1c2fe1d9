using Behaviour;

// Which behaviour is wanted stands in the application's own folder.
var folder = AppContext.BaseDirectory;
var wanted = File.ReadAllText(Path.Combine(folder, "behaviour.txt")).Trim();
switch (wanted)
{
    case "web":
        WebApplication.CreateBuilder(args).Build().Serve();
        break;
    case "slim":
        WebApplication.CreateSlimBuilder(args).Build().Serve();
        break;
    case "empty":
        WebApplication.CreateEmptyBuilder(new()).Build().Serve();
        break;
    case "generic":
        Builders.Generic().Report().Run();
        break;
    case "legacy":
        Builders.Legacy().Run();
        break;
    case "async":
        await Task.Yield();
        await WebApplication.CreateBuilder(args).Build().ServeAsync();
        break;
    case "console":
        Talk();
        WebApplication.CreateBuilder(args).Build().Serve();
        break;
    case "own-urls":
        WebApplication.CreateBuilder(args).Build().Serve("http://127.0.0.1:5998");
        break;
    case "answers":
        var answering = WebApplication.CreateSlimBuilder(args).Build();
        answering.Run(Answers.Write);
        answering.Serve();
        break;
    case "quiet":
        var quiet = WebApplication.CreateBuilder(args);
        quiet.Logging.ClearProviders();
        var throwing = quiet.Build();
        throwing.Run(static _ => throw new InvalidOperationException("a bug"));
        throwing.Serve();
        break;
    case "two-hosts":
        // One that is thrown away, one that is served, one that is not.
        WebApplication.CreateSlimBuilder(args).Build();
        var served = WebApplication.CreateSlimBuilder(args).Build();
        served.Run(Answers.Write);
        var other = WebApplication.CreateSlimBuilder(args).Build();
        await served.StartAsync();
        await other.StartAsync();
        await Task.WhenAll(served.WaitForShutdownAsync(), other.WaitForShutdownAsync());
        break;
    case "protects":
        var protecting = WebApplication.CreateBuilder(args);
        protecting.Services.AddDataProtection();
        Builders.Protect(protecting.Build()).Serve();
        break;
    case "stops":
        var stopping = WebApplication.CreateBuilder(args).Build();
        stopping.Lifetime.ApplicationStarted.Register(stopping.Lifetime.StopApplication);
        stopping.Serve();
        break;
    case "throws":
        throw new InvalidOperationException("the database is on holiday");
    case "throws-when-told":
        SpinWait.SpinUntil(() => File.Exists(Path.Combine(folder, "now")));
        throw new InvalidOperationException("the database did not come back");
    case "throws-late":
        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddHostedService<FailingService>();
        builder.Build().Serve();
        break;
    case "environment":
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            Console.WriteLine($"{variable.Key}={variable.Value}");
        }

        WebApplication.CreateBuilder(args).Build().Serve();
        break;
    case "returns":
        return 7;
    case "sleeps":
        Thread.Sleep(Timeout.Infinite);
        break;
    default:
        throw new ArgumentException($"no behaviour {wanted}");
}

return 0;

static void Talk()
{
    Console.Write("one ");
    Console.WriteLine("line");
    Console.WriteLine("two\nlines");
    Console.Error.WriteLine("a complaint");
    Thread.Sleep(0);
    Task.Run(() => Console.WriteLine("from the pool")).Wait();
}
