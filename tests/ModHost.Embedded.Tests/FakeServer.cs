using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using ModHost.Abi;

namespace ModHost.Embedded.Tests;

/// <summary>What an application told its web server.</summary>
internal sealed record AppState(uint State, uint Code, string Text);

/// <summary>A line of the log.</summary>
internal sealed record LogLine(uint App, uint Level, string Category, string Text);

/// <summary>
/// A web server of plain functions, in this process. One for all tests, as one runtime has one web server.
/// </summary>
internal static unsafe class FakeServer
{
    private static readonly ConcurrentDictionary<uint, ConcurrentQueue<AppState>> s_states = new();
    private static readonly Lazy<nint> s_table = new(Initialize);

    /// <summary>All lines so far.</summary>
    public static ConcurrentQueue<LogLine> Lines { get; } = new();

    /// <summary>Initialises the managed side at first use.</summary>
    public static modhost_app_table* Table => (modhost_app_table*)s_table.Value;

    public static ConcurrentQueue<AppState> States(uint app) => s_states.GetOrAdd(app, static _ => new());

    /// <summary>A table of this web server's functions.</summary>
    public static modhost_server_table* NewServerTable()
    {
        var table = (modhost_server_table*)NativeMemory.AllocZeroed((nuint)sizeof(modhost_server_table));
        table->size = (uint)sizeof(modhost_server_table);
        table->abi_version = Modhost.MODHOST_ABI_VERSION;
        table->block_alloc = (delegate* unmanaged[Cdecl]<uint, modhost_block*>)FakeNative.Address("fake_block_alloc");
        table->block_free = (delegate* unmanaged[Cdecl]<modhost_block*, void>)FakeNative.Address("fake_block_free");
        table->exchange_send = &FakeExchange.Send;
        table->exchange_read = &FakeExchange.Read;
        table->exchange_reset = &FakeExchange.Reset;
        table->exchange_release = (delegate* unmanaged[Cdecl]<modhost_exchange*, void>)FakeNative.Address("fake_exchange_release");
        table->wake = &Wake;
        table->app_state = &SetAppState;
        table->log = &Log;
        return table;
    }

    public static modhost_app_table* NewAppTable()
    {
        var table = (modhost_app_table*)NativeMemory.AllocZeroed((nuint)sizeof(modhost_app_table));
        table->size = (uint)sizeof(modhost_app_table);
        return table;
    }

    private static nint Initialize()
    {
        var app = NewAppTable();
        delegate* unmanaged[Cdecl]<modhost_server_table*, modhost_app_table*, int> initialize = &EntryPoint.Initialize;
        Assert.Equal(Modhost.MODHOST_OK, initialize(NewServerTable(), app));
        return (nint)app;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Wake()
    {
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void SetAppState(uint app, uint state, uint code, byte* text, uint length) =>
        States(app).Enqueue(new(state, code, text is null ? "" : Encoding.UTF8.GetString(text, (int)length)));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Log(uint app, uint level, byte* category, uint categoryLength, byte* text, uint textLength) =>
        Lines.Enqueue(new(app, level, Encoding.UTF8.GetString(category, (int)categoryLength),
            Encoding.UTF8.GetString(text, (int)textLength)));
}
