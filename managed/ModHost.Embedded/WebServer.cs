using System.Text;
using ModHost.Abi;

namespace ModHost.Embedded;

/// <summary>The web server's function table. Set once, before any other use, and valid as long as the process.</summary>
/// <remarks>
/// Functions that the server promises to be short and never to block are called without telling the garbage collector;
/// that saves most of the price of a call. None of them may call back.
/// </remarks>
internal static unsafe class WebServer
{
    private static modhost_server_table* s_table;

    public static void Use(modhost_server_table* table) => s_table = table;

    public static modhost_block* AllocateBlock(uint capacity) =>
        ((delegate* unmanaged[Cdecl, SuppressGCTransition]<uint, modhost_block*>)s_table->block_alloc)(capacity);

    public static void FreeBlocks(modhost_block* chain) =>
        ((delegate* unmanaged[Cdecl, SuppressGCTransition]<modhost_block*, void>)s_table->block_free)(chain);

    public static int Send(modhost_exchange* exchange, modhost_send* send) => s_table->exchange_send(exchange, send);

    public static void Read(modhost_exchange* exchange, uint window) => s_table->exchange_read(exchange, window);

    public static void Reset(modhost_exchange* exchange, uint reason) => s_table->exchange_reset(exchange, reason);

    public static void Wake() => s_table->wake();

    public static void Release(modhost_exchange* exchange) =>
        ((delegate* unmanaged[Cdecl, SuppressGCTransition]<modhost_exchange*, void>)s_table->exchange_release)(exchange);

    /// <param name="app">The application's number.</param>
    /// <param name="state">MODHOST_APP_*.</param>
    /// <param name="tag">One of <see cref="Errors"/>, or <see langword="null"/>.</param>
    /// <param name="text">Without the tag.</param>
    public static void SetAppState(uint app, int state, string? tag = null, string? text = null)
    {
        var bytes = text is null ? [] : Encoding.UTF8.GetBytes(text);
        fixed (byte* start = bytes)
        {
            s_table->app_state(app, (uint)state, tag is null ? 0 : Errors.Number(tag), start, (uint)bytes.Length);
        }
    }

    /// <summary>One event for the error log; <paramref name="app"/> may be MODHOST_NO_APP. Never throws.</summary>
    public static void Log(uint app, int level, string category, string text)
    {
        // Small ones on the stack: an application that logs much must not pay with garbage.
        const int Small = 1024;
        var categorySize = Encoding.UTF8.GetMaxByteCount(category.Length);
        var textSize = Encoding.UTF8.GetMaxByteCount(text.Length);
        var all = categorySize + textSize <= Small
            ? stackalloc byte[Small]
            : new byte[categorySize + textSize];
        var categoryLength = Encoding.UTF8.GetBytes(category, all);
        var textLength = Encoding.UTF8.GetBytes(text, all[categoryLength..]);
        fixed (byte* start = all)
        {
            s_table->log(app, (uint)Math.Clamp(level, 0, Modhost.MODHOST_LOG_CRITICAL), start, (uint)categoryLength,
                start + categoryLength, (uint)textLength);
        }
    }

    /// <summary>An exception that reached the boundary. Never throws.</summary>
    public static void LogFault(string where, Exception exception) =>
        Log(Modhost.MODHOST_NO_APP, Modhost.MODHOST_LOG_CRITICAL, "ModHost.Embedded",
            $"{Errors.Internal}: {where}: {exception}");
}
