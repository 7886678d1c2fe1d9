using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Serving;

/// <summary>
/// An app can never route what the web server did not check: undoing what was encoded in PathBase + Path gives the web
/// server's own URI back, and RawTarget is what the client sent.
/// </summary>
public sealed class PathInvariantTests
{
    // Pieces that paths are made of, chosen for what decoders get wrong.
    private static readonly string[] s_pieces =
    [
        "/", "/", "/", "//", "a", "b", "c", ".", "..", "%2F", "%2f", "%2E", "%2e%2e", "%25", "%252F", "%20", "+", "%41", "%61", "%7E", "~",
        "%C3%A4", "%E2%82%AC", "%FF", "%C3", ";", "=", "@", ":", "!", "'", "(", ")", "*", ",", "&", "$", "|", "\\", "%5C", "%3F", "%23", "%01", "%7F",
        "mount", "mount/", "/mount", "moun%74", "%2Fmount",
    ];

    [Fact]
    public async Task Path_of_the_app_is_path_of_the_web_server()
    {
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        await using var server = await ServerHost.Start(new ServerSetup
        {
            Nginx = new()
            {
                Http = "log_format path escape=json '{\"id\":\"$arg_id\",\"uri\":\"$uri\",\"status\":\"$status\"}';",
                Server = @"access_log @PREFIX@/path.log path; location ~ \.denied$ { return 403; }",
            },
            Apache = new()
            {
                Main = @"LogFormat ""%q %U"" path",
                Host = "CustomLog @PREFIX@/path.log path\n<LocationMatch \"\\.denied$\">\nRequire all denied\n</LocationMatch>",
            },
            Places = [new("/", $"pass {app}"), new("/mount/", $"pass {app}"), new("/mount/deep/", $"pass {app}")],
        }, "/empty");
        var random = new Random(42);
        var targets = Enumerable.Range(0, Settings.Count(full: 100_000, usual: 5_000)).Select(id => (Id: id, Path: Target(random))).ToArray();
        var dumps = await Ask(server.Port, targets);

        // The log is written when the request is over, which may be after its answer.
        var log = Path.Combine(server.Places.Prefix, "path.log");
        var uris = await Wait.For("every request is logged", () => Task.FromResult(ReadLog(log)), logged => dumps.Keys.All(logged.ContainsKey));

        var compared = 0;
        foreach (var (id, path) in targets)
        {
            if (!dumps.TryGetValue(id, out var dump))
            {
                continue;
            }

            Assert.Equal($"{path}?id={id}", dump.Target);
            Assert.True(uris[id].SequenceEqual(Decode(dump.Path)), $"{path}: the web server has {Encoding.Latin1.GetString(uris[id])}, the app {dump.Path}");
            Assert.Equal(IsMounted(uris[id]), dump.Mounted);
            compared++;
        }

        Assert.InRange(compared, targets.Length / 4, targets.Length);
        await server.CheckSane();
    }

    // nginx redirects from the mount point without a slash; for Apache it is the application's.
    private static bool IsMounted(ReadOnlySpan<byte> uri) =>
        uri.StartsWith("/mount/"u8) || (Settings.Server != ServerKind.Nginx && uri.SequenceEqual("/mount"u8));

    private static string Target(Random random)
    {
        var path = new StringBuilder(random.Next(3) == 0 ? "/mount/" : "/");
        for (var i = random.Next(1, 8); i > 0; i--)
        {
            path.Append(s_pieces[random.Next(s_pieces.Length)]);
        }

        return path.ToString();
    }

    /// <summary>What the app saw, for every request that reached it.</summary>
    private static async Task<Dictionary<int, (string Target, string Path, bool Mounted)>> Ask(int port, IReadOnlyList<(int Id, string Path)> targets)
    {
        var dumps = new Dictionary<int, (string, string, bool)>();
        RawConnection? connection = null;
        foreach (var (id, path) in targets)
        {
            connection ??= await RawConnection.Open(port);
            await connection.Send($"GET {path}?id={id} HTTP/1.1\r\nHost: a\r\n\r\n");
            var response = await connection.Read();
            if (response is { Status: 200 } && response.Header("Content-Type") == "application/json")
            {
                using var json = JsonDocument.Parse(response.Body);
                var pathBase = json.RootElement.GetProperty("pathBase").GetString()!;
                dumps[id] = (json.RootElement.GetProperty("rawTarget").GetString()!, pathBase + json.RootElement.GetProperty("path").GetString(), pathBase.Length > 0);
            }

            if (response is null || response.Header("Connection") == "close")
            {
                await connection.DisposeAsync();
                connection = null;
            }
        }

        if (connection is not null)
        {
            await connection.DisposeAsync();
        }

        return dumps;
    }

    private static Dictionary<int, byte[]> ReadLog(string file)
    {
        var uris = new Dictionary<int, byte[]>();
        foreach (var line in File.ReadLines(file, Encoding.Latin1))
        {
            if ((Settings.Server == ServerKind.Nginx ? FromNginx(line) : FromApache(line)) is (var id, var uri))
            {
                uris[id] = Encoding.Latin1.GetBytes(uri);
            }
        }

        return uris;
    }

    // JSON, but for bytes that are no UTF-8: those stand as they are.
    private static (int Id, string Uri)? FromNginx(string line)
    {
        using var json = JsonDocument.Parse(Encoding.UTF8.GetBytes(line));
        return int.TryParse(json.RootElement.GetProperty("id").GetString(), out var id) ? (id, json.RootElement.GetProperty("uri").GetString()!) : null;
    }

    // "?id=1 /path": quotes and backslashes have a backslash before them, other odd bytes are \xHH or a letter's escape.
    private static (int Id, string Uri)? FromApache(string line) => Regex.Match(line, @"^\?id=(\d+) (.*)$") is { Success: true } match
        ? (int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), Regex.Unescape(match.Groups[2].Value)) : null;

    /// <summary>
    /// The bytes of the path: "%2F" is a slash, "%80" to "%FF" are bytes that are no UTF-8, and a "%25" in front of what
    /// would read so is the per cent sign that it stands for.
    /// </summary>
    private static byte[] Decode(string path) => Encoding.Latin1.GetBytes(Regex.Replace(
        Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(path)),
        "%(?:25)*(2[Ff]|[89A-Fa-f][0-9A-Fa-f])",
        match => match.Length == 3 ? $"{(char)Convert.ToByte(match.Groups[1].Value, 16)}" : "%" + match.Value[3..]));
}
