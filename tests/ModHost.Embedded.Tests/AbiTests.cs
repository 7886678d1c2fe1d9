using System.Security.Cryptography;
using System.Text.RegularExpressions;
using ModHost.Abi;

namespace ModHost.Embedded.Tests;

/// <summary>The bindings against abi.h, without the generator that made them.</summary>
[Collection("runtime")]
public sealed partial class AbiTests
{
    private static readonly string s_root = RunningApp.Metadata("RepositoryRoot");

    [Fact]
    public void Stamp_is_that_of_the_header()
    {
        var header = File.ReadAllBytes(Path.Combine(s_root, "native/include/modhost/abi.h"));
        var bindings = File.ReadAllText(Path.Combine(s_root, "managed/ModHost.Abi/Generated/Abi.g.cs"));
        var stamp = StampLine().Match(bindings).Groups[1].Value;
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(header)), stamp);
    }

    [Fact]
    public unsafe void Initialisation_refuses_another_version_and_a_smaller_table()
    {
        delegate* unmanaged[Cdecl]<modhost_server_table*, modhost_app_table*, int> initialize = &EntryPoint.Initialize;
        var server = FakeServer.NewServerTable();
        var app = FakeServer.NewAppTable();

        Assert.Equal(Modhost.MODHOST_E_ARGUMENT, initialize(null, app));
        Assert.Equal(Modhost.MODHOST_E_ARGUMENT, initialize(server, null));

        server->abi_version++;
        Assert.Equal(Modhost.MODHOST_E_VERSION, initialize(server, app));
        server->abi_version--;

        server->size--;
        Assert.Equal(Modhost.MODHOST_E_VERSION, initialize(server, app));
        server->size++;

        app->size -= 8;
        Assert.Equal(Modhost.MODHOST_E_VERSION, initialize(server, app));
    }

    [Fact]
    public unsafe void Second_initialisation_is_refused()
    {
        Assert.NotEqual(0, (nint)FakeServer.Table);
        delegate* unmanaged[Cdecl]<modhost_server_table*, modhost_app_table*, int> initialize = &EntryPoint.Initialize;
        Assert.Equal(Modhost.MODHOST_E_STATE, initialize(FakeServer.NewServerTable(), FakeServer.NewAppTable()));
    }

    [Fact]
    public unsafe void Runtime_stats_fill_no_more_than_there_is_room_for()
    {
        var stats = new modhost_runtime_stats { size = 16 };
        stats.committed_bytes = 42;
        FakeServer.Table->runtime_stats(&stats);
        Assert.Equal(16u, stats.size);
        Assert.NotEqual(0ul, stats.heap_bytes + stats.pool_threads);
        Assert.Equal(42ul, stats.committed_bytes);

        stats.size = (uint)sizeof(modhost_runtime_stats);
        FakeServer.Table->runtime_stats(&stats);
        Assert.Equal((uint)sizeof(modhost_runtime_stats), stats.size);
        Assert.True(stats.allocated_bytes > 0);
    }

    [GeneratedRegex("abi.h sha256: ([0-9a-f]{64})")]
    private static partial Regex StampLine();
}
