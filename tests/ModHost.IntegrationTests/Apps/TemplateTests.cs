using System.Collections.Concurrent;
using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Apps;

/// <summary>
/// Real input: applications that the SDK's own templates generate now, outside the tree, published unmodified and
/// served by two workers of the web server.
/// </summary>
public sealed class TemplateTests(TemplateFixture templates) : IClassFixture<TemplateFixture>
{
    [Fact]
    public async Task Web()
    {
        await using var server = await Serve(await templates.Publish("web", "TemplateWeb"));
        await EveryWorker(server, "/", response => Assert.Equal("Hello World!", response.Text));
        await Finish(server);
    }

    [Fact]
    public async Task Webapi()
    {
        await using var server = await Serve(await templates.Publish("webapi", "TemplateApi", "--no-https"), "/weatherforecast");
        await EveryWorker(server, "/weatherforecast", response =>
        {
            Assert.StartsWith("application/json", response.Header("Content-Type"), StringComparison.Ordinal);
            Assert.Equal(5, response.Text.Split("\"temperatureC\"").Length - 1);
        });
        await Finish(server);
    }

    [Fact]
    public async Task Mvc()
    {
        await using var server = await Serve(await templates.Publish("mvc", "TemplateMvc", "--no-https"));
        await EveryWorker(server, "/", response => Assert.Contains("<h1 class=\"display-4\">Welcome</h1>", response.Text, StringComparison.Ordinal));
        await EveryWorker(server, "/Home/Privacy", response => Assert.Contains("<title>Privacy Policy - TemplateMvc</title>", response.Text, StringComparison.Ordinal));

        // Static assets of the app, found through its content root.
        var page = (await RawConnection.Get(server.Port, "/")).Text;
        var script = System.Text.RegularExpressions.Regex.Match(page, "src=\"(/js/site[^\"]*)\"").Groups[1].Value;
        Assert.Equal(200, (await RawConnection.Get(server.Port, script)).Status);
        Assert.Contains("bootstrap", (await RawConnection.Get(server.Port, "/lib/bootstrap/dist/js/bootstrap.bundle.min.js")).Text, StringComparison.OrdinalIgnoreCase);
        await Finish(server);
    }

    [Fact]
    public async Task Webapp()
    {
        await using var server = await Serve(await templates.Publish("webapp", "TemplateWebApp", "--no-https"));
        await EveryWorker(server, "/", response => Assert.Contains("<title>Home page - TemplateWebApp</title>", response.Text, StringComparison.Ordinal));
        await EveryWorker(server, "/Privacy", response => Assert.Contains("Use this page to detail your site's privacy policy.", response.Text, StringComparison.Ordinal));
        await Finish(server);
    }

    [Fact]
    public async Task Webapiaot_as_a_library()
    {
        var app = await templates.PublishLibrary("webapiaot", "TemplateAot");
        await using var server = await Serve(app, "/todos");
        await EveryWorker(server, "/todos", response => Assert.Contains("\"title\":\"Walk the dog\"", response.Text, StringComparison.Ordinal));
        await EveryWorker(server, "/todos/2", response => Assert.Contains("\"id\":2", response.Text, StringComparison.Ordinal));
        Assert.Equal(404, (await RawConnection.Get(server.Port, "/todos/99")).Status);
        await Finish(server);
    }

    [Fact]
    public async Task Two_MVC_apps_with_equal_controller_names_in_one_worker()
    {
        var first = await templates.Publish("mvc", "TemplateMvc", "--no-https");
        var second = await templates.Publish("mvc", "OtherMvc", "--no-https");
        await using var server = await ServerHost.Start(new ServerSetup
        {
            Places = [new("/first/", $"pass {first}"), new("/second/", $"pass {second}")],
        }, "/first/");
        await server.Answers("/second/", wait: true);
        for (var i = 0; i < 5; i++)
        {
            var one = (await RawConnection.Get(server.Port, "/first/Home/Privacy")).Text;
            var two = (await RawConnection.Get(server.Port, "/second/Home/Privacy")).Text;
            Assert.Contains("<title>Privacy Policy - TemplateMvc</title>", one, StringComparison.Ordinal);
            Assert.Contains("<title>Privacy Policy - OtherMvc</title>", two, StringComparison.Ordinal);
            Assert.Contains("href=\"/first/Home/Privacy\"", one, StringComparison.Ordinal);
            Assert.Contains("href=\"/second/Home/Privacy\"", two, StringComparison.Ordinal);
        }

        await Finish(server);
    }

    [SkippableTheory]
    [InlineData("blazor", "TemplateBlazor", "<h1>Hello, world!</h1>")]
    [InlineData("grpc", "TemplateGrpc", "Communication with gRPC endpoints must be made through a gRPC client")]
    public async Task Templates_that_need_packages(string template, string name, string content)
    {
        string app;
        try
        {
            app = await templates.Publish(template, name);
        }
        catch (InvalidOperationException error) when (Missing(error) is { } package)
        {
            throw new SkipException($"dotnet new {template}: package {package} is not to be had here");
        }

        await using var server = await Serve(app);
        await EveryWorker(server, "/", response => Assert.Contains(content, response.Text, StringComparison.Ordinal));
        await Finish(server);
    }

    [SkippableFact]
    public async Task Entity_Framework_on_SQLite()
    {
        string app;
        try
        {
            app = await templates.PublishEntityFramework();
        }
        catch (InvalidOperationException error) when (Missing(error) is { } package)
        {
            throw new SkipException($"Entity Framework on SQLite: package {package} is not to be had here");
        }

        await using var server = await Serve(app);
        Assert.Equal("2 blogs", (await RawConnection.Get(server.Port, "/")).Text);
        await Finish(server);
    }

    private static string? Missing(InvalidOperationException error)
    {
        var match = System.Text.RegularExpressions.Regex.Match(error.Message, @"NU110[12]: Unable to find package (\S+)");
        return match.Success ? match.Groups[1].Value.TrimEnd('.') : null;
    }

    private static Task<ServerHost> Serve(string app, string ready = "/") =>
        ServerHost.Start(ServerSetup.For(app) with { Workers = 2, Groups = "processes=2" }, ready);

    /// <summary>Asks on new connections until each worker has logged an answer of its own.</summary>
    private static async Task EveryWorker(ServerHost server, string target, Action<RawResponse> check)
    {
        for (var i = 0; i < 10; i++)
        {
            var response = await RawConnection.Get(server.Port, target);
            Assert.True(response.Status == 200, $"{response}\n{ServerHost.Tail(server.Log)}");
            check(response);
        }
    }

    private static async Task Finish(ServerHost server)
    {
        await server.CheckSane();
        Assert.Equal(0, await server.Quit());
    }
}

/// <summary>Generates and publishes; each project once, in all cells of one run together.</summary>
public sealed class TemplateFixture : IAsyncLifetime
{
    private readonly ConcurrentDictionary<string, Lazy<Task<string>>> _published = new();
    private string _folder = null!;

    public Task InitializeAsync()
    {
        _folder = Settings.NewFolder("templates");
        return Task.CompletedTask;
    }

    public Task DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }

    /// <summary>dotnet new, dotnet publish; the path of the app's .dll.</summary>
    internal Task<string> Publish(string template, string name, params string[] options) => Once(name, AppRuntime.Jit, async output =>
    {
        var project = await New(template, name, options);
        await AppBuild.Publish(project, AppRuntime.Jit, output, _folder);
    });

    /// <summary>
    /// The same as a NativeAOT library. Two edits make it ModHost's: the reference to its package, and the framework
    /// for which the NativeAOT compiler is to be had; the OpenAPI package of the template follows the framework.
    /// </summary>
    internal Task<string> PublishLibrary(string template, string name) => Once(name, AppRuntime.Aot, async output =>
    {
        var project = await New(template, name, []);
        var text = await File.ReadAllTextAsync(project);
        var version = Path.GetFileNameWithoutExtension(Directory.EnumerateFiles(Settings.Packages, "ModHost.AspNetCore.*.nupkg").Single())["ModHost.AspNetCore.".Length..];
        text = text.Replace("<TargetFramework>net10.0</TargetFramework>", $"<TargetFramework>{AotFramework()}</TargetFramework>", StringComparison.Ordinal)
            .Replace("</Project>", $"<ItemGroup><PackageReference Include=\"ModHost.AspNetCore\" Version=\"{version}\" /></ItemGroup></Project>", StringComparison.Ordinal);
        text = System.Text.RegularExpressions.Regex.Replace(text, "<PackageReference Include=\"Microsoft.AspNetCore.OpenApi\"[^>]*/>", "");
        await File.WriteAllTextAsync(project, text);
        var program = Path.Combine(Path.GetDirectoryName(project)!, "Program.cs");
        var source = (await File.ReadAllLinesAsync(program)).Where(line => !line.Contains("OpenApi", StringComparison.Ordinal));
        await File.WriteAllLinesAsync(program, source);
        await AppBuild.Publish(project, AppRuntime.Aot, output, _folder);
    });

    internal Task<string> PublishEntityFramework() => Once("EntityApp", AppRuntime.Jit, async output =>
    {
        var project = await New("web", "EntityApp", []);
        var text = await File.ReadAllTextAsync(project);
        await File.WriteAllTextAsync(project, text.Replace("</Project>",
            "<ItemGroup><PackageReference Include=\"Microsoft.EntityFrameworkCore.Sqlite\" Version=\"10.0.*\" /></ItemGroup></Project>", StringComparison.Ordinal));
        await File.WriteAllTextAsync(Path.Combine(Path.GetDirectoryName(project)!, "Program.cs"), """
            using Microsoft.EntityFrameworkCore;

            var builder = WebApplication.CreateBuilder(args);
            var file = Path.Combine(Path.GetTempPath(), $"blogs-{Guid.NewGuid():N}.db");
            builder.Services.AddDbContext<Blogs>(options => options.UseSqlite($"Data Source={file}"));
            var app = builder.Build();
            app.MapGet("/", async (Blogs blogs) =>
            {
                await blogs.Database.EnsureCreatedAsync();
                blogs.AddRange(new Blog { Title = "one" }, new Blog { Title = "two" });
                await blogs.SaveChangesAsync();
                var count = await blogs.Set<Blog>().CountAsync(blog => blog.Title != "");
                await blogs.Database.EnsureDeletedAsync();
                return $"{count} blogs";
            });
            app.Run();

            public class Blog { public int Id { get; set; } public string Title { get; set; } = ""; }
            public class Blogs(DbContextOptions<Blogs> options) : DbContext(options) { public DbSet<Blog> All => Set<Blog>(); }
            """);
        await AppBuild.Publish(project, AppRuntime.Jit, output, _folder);
    });

    private static string AotFramework()
    {
        var properties = File.ReadAllText(Path.Combine(Settings.RepositoryRoot, "Directory.Build.props"));
        return System.Text.RegularExpressions.Regex.Match(properties, "<ModHostAotFramework>(.*?)<").Groups[1].Value;
    }

    private Task<string> Once(string name, AppRuntime runtime, Func<string, Task> publish) =>
        _published.GetOrAdd(name, _ => new Lazy<Task<string>>(() => PublishOnce(name, runtime, publish))).Value;

    private async Task<string> PublishOnce(string name, AppRuntime runtime, Func<string, Task> publish)
    {
        var output = Path.Combine(_folder, name + "-out");
        if (Settings.Shared is not { } shared)
        {
            await publish(output);
            return AppBuild.FileOf(output, name, runtime);
        }

        var kept = Path.Combine(shared, name);
        Directory.CreateDirectory(shared);
        await using var alone = await LockFile.Take(kept + ".lock");
        if (!Directory.Exists(kept))
        {
            await publish(output);
            await Child.Run("cp", ["-r", output, kept + ".new"]);
            Directory.Move(kept + ".new", kept);
        }

        return AppBuild.FileOf(kept, name, runtime);
    }

    private async Task<string> New(string template, string name, string[] options)
    {
        var folder = Path.Combine(_folder, name);
        await Child.Run("dotnet", ["new", template, "-n", name, "-o", folder, "--no-restore", .. options], _folder, await PackageFolder.Environment(_folder));
        return Path.Combine(folder, name + ".csproj");
    }
}
