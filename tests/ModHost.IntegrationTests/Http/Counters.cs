using System.Globalization;
using ModHost.IntegrationTests.Hosting;

namespace ModHost.IntegrationTests.Http;

/// <summary>What the probe counts and notes.</summary>
internal static class Counters
{
    public static async Task<long> Read(int port, string name)
    {
        var text = (await RawConnection.Get(port, "/counters")).Text;
        var line = text.Split('\n').FirstOrDefault(line => line.StartsWith(name + "=", StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line[(name.Length + 1)..], CultureInfo.InvariantCulture);
    }

    public static Task<long> WaitFor(int port, string name, Func<long, bool> satisfied) =>
        Wait.For($"the counter {name} is as it should be", () => Read(port, name), satisfied);

    /// <summary>What the app noted under the key; waits for it.</summary>
    public static async Task<string> Note(int port, string key)
    {
        var response = await RawConnection.Get(port, "/recorded?key=" + key);
        return response.Status == 200 ? response.Text : throw new TimeoutException($"Nothing was noted under {key}: {response.Status}");
    }
}
