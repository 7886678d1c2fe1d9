using System.Buffers;
using System.Globalization;
using System.Text;
using ModHost.Posix;
using ModHost.Protocol;
using ModHost.Worker.Process;

namespace ModHost.Worker.Connections;

/// <summary>
/// The connection to the supervisor: configuration and orders one way, state and log lines the other.
/// </summary>
/// <remarks>
/// The watchdog keeps the other end while a supervisor is replaced. The new one says HELLO again, and gets HELLO and
/// the present state for an answer.
/// </remarks>
internal sealed class ControlConnection(EventLoop loop, Descriptor socket)
    : FrameConnection(loop, socket, FrameRoute.ControlToWorker, takesDescriptors: true)
{
    // Of one log event.
    private const int LongestText = 256 * 1024;
    private const int LongestCategory = 1024;

    // Of all that wait for a supervisor that does not read.
    private const long MostWaiting = 1 << 20;

    private Worker? _worker;
    private AppState _state;
    private string? _tag;
    private string? _text;
    private int _dropped;
    private bool _greeted;

    /// <summary>What the supervisor configured, once it has.</summary>
    public WorkerSettings? Settings { get; private set; }

    /// <summary>What was wrong before there was a worker to tell.</summary>
    public string? Problem { get; private set; }

    /// <summary>This worker's id.</summary>
    public uint Number { get; private set; }

    /// <summary>The generation of the web server's configuration.</summary>
    public uint Generation { get; private set; }

    /// <summary>From here on the orders are the worker's.</summary>
    public void Attach(Worker worker) => _worker = worker;

    /// <summary>Waits for the configuration. Before the loop has started. False: it did not come.</summary>
    public bool WaitForSettings(int milliseconds)
    {
        var deadline = Environment.TickCount64 + milliseconds;
        while (Settings is null && !IsClosed)
        {
            var left = deadline - Environment.TickCount64;
            if (left <= 0 || !UnixSocket.Wait(Socket, write: false, (int)left))
            {
                Problem ??= "the supervisor sent no configuration";
                return false;
            }

            Ready(Readiness.Read);
        }

        return Settings is not null;
    }

    /// <summary>The application's state. Any thread.</summary>
    public void SendState(AppState state, string? tag = null, string? text = null)
    {
        lock (Gate)
        {
            (_state, _tag, _text) = (state, tag, text);
        }

        var bytes = Encoding.UTF8.GetBytes(Cut(text ?? "", LongestText));
        Send(
            new FrameHeader(FrameType.State, Stream: tag is null ? 0 : Errors.Number(tag), Value: (uint)state), bytes);
    }

    /// <summary>One log event. Any thread; never blocks, never throws.</summary>
    public void Log(int level, string category, string text)
    {
        category = Cut(category, LongestCategory);
        text = Cut(text, LongestText);
        var bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(category.Length + text.Length));
        try
        {
            var categoryLength = Encoding.UTF8.GetBytes(category, bytes);
            var length = categoryLength + Encoding.UTF8.GetBytes(text, bytes.AsSpan(categoryLength));
            if (!TryWriteLog(level, categoryLength, bytes.AsSpan(0, length)))
            {
                return;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }

        Flush();
    }

    protected override void OnHello(in Hello hello)
    {
        if (hello.Kind != PeerKind.Supervisor)
        {
            Fail(Errors.BadState, $"HELLO of {hello.Kind} on the control connection");
            return;
        }

        Generation = hello.Generation;
        Number = hello.Number;
        Span<byte> answer = stackalloc byte[Hello.Size];
        new Hello(PeerKind.Worker, (uint)Environment.ProcessId, Generation, Number).Write(answer);
        Send(new FrameHeader(FrameType.Hello), answer);
        if (_greeted)
        {
            SendState(_state, _tag, _text);
        }

        _greeted = true;
    }

    protected override void OnFrame(in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (header.Type == FrameType.Config)
        {
            OnConfig(payload);
        }
        else if (_worker is not { } worker)
        {
            Fail(Errors.BadState, $"{header.Type} before CONFIG");
        }
        else if (worker.Obey(header, payload, this) is { } wrong)
        {
            Fail(Errors.BadState, wrong);
        }
    }

    /// <summary>The descriptors of a CHANNEL: socket and begun page. Loop.</summary>
    public (Descriptor Socket, Descriptor Page) TakeChannel() => (TakeDescriptor(), TakeDescriptor());

    protected override void OnClosed() => _worker?.ControlClosed();

    protected override void Report(string tag, string text)
    {
        Problem ??= $"{tag}: control connection: {text}";
        if (_worker is not null)
        {
            // Nobody else is there to be told: this is in the supervisor's log of the process's own output.
            Console.Error.WriteLine($"{tag}: control connection: {text}");
        }
    }

    private void OnConfig(ReadOnlySpan<byte> payload)
    {
        if (Settings is not null)
        {
            Fail(Errors.BadState, "CONFIG came twice");
            return;
        }

        try
        {
            Settings = WorkerSettings.Parse(payload);
        }
        catch (Exception exception) when (exception is System.Text.Json.JsonException or FormatException
            or InvalidOperationException or KeyNotFoundException)
        {
            Fail(Errors.StartRefused, $"the configuration cannot be understood: {exception.Message}");
        }
    }

    private bool TryWriteLog(int level, int categoryLength, ReadOnlySpan<byte> payload)
    {
        lock (Gate)
        {
            if (IsClosed)
            {
                return false;
            }

            if (Waiting + payload.Length > MostWaiting)
            {
                _dropped++;
                return false;
            }

            if (_dropped > 0)
            {
                var text = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
                    $"{Worker.Category}{Errors.LogDropped}: {_dropped} log lines were dropped"));
                Out.Write(new FrameHeader(FrameType.Log, Stream: (uint)Worker.Category.Length, Value: 3), text);
                _dropped = 0;
            }

            Out.Write(
                new FrameHeader(FrameType.Log, Stream: (uint)categoryLength, Value: (uint)Math.Clamp(level, 0, 5)),
                payload);
            return true;
        }
    }

    private static string Cut(string text, int longest) => text.Length <= longest ? text : text[..longest];
}
