using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.Logging;

namespace ModHost.Server.Hosting;

/// <summary>
/// Takes the place of Console.Out or Console.Error and sends each line to the log of the application that wrote it.
/// </summary>
/// <remarks>
/// <see cref="Console.SetOut"/> wraps it in a lock, so there is one call at a time. A line is kept until its end
/// comes; the part of a line is sent when the application flushes, and when it has grown to
/// <see cref="LongestLine"/>.
/// </remarks>
public sealed class ConsoleRouter : TextWriter
{
    /// <summary>Characters after which a line is sent in pieces.</summary>
    public const int LongestLine = 8192;

    private readonly string _category;
    private readonly int _level;
    private readonly Action<int, string, string> _unattributed;
    private readonly StringBuilder _ownLine = new();
    private readonly ConditionalWeakTable<HostedApp, StringBuilder> _lines = [];

    private ConsoleRouter(string category, LogLevel level, Action<int, string, string> unattributed)
        : base(System.Globalization.CultureInfo.InvariantCulture)
    {
        _category = category;
        _level = (int)level;
        _unattributed = unattributed;
    }

    /// <inheritdoc/>
    public override Encoding Encoding => Encoding.UTF8;

    /// <summary>Replaces Console.Out and Console.Error for the rest of the process.</summary>
    /// <param name="unattributed">Level, category and text of a line that belongs to no application.</param>
    public static void Install(Action<int, string, string> unattributed)
    {
        Console.SetOut(new ConsoleRouter("stdout", LogLevel.Information, unattributed));

        // As web servers log what a CGI program writes there.
        Console.SetError(new ConsoleRouter("stderr", LogLevel.Error, unattributed));
    }

    /// <inheritdoc/>
    public override void Write(char value) => Write([value]);

    /// <inheritdoc/>
    public override void Write(string? value) => Write(value.AsSpan());

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<char> buffer)
    {
        var app = HostedApp.Current;
        var line = Line(app);
        while (true)
        {
            var end = buffer.IndexOf('\n');
            Append(app, line, end < 0 ? buffer : buffer[..end]);
            if (end < 0)
            {
                return;
            }

            Send(app, line, keepEmpty: true);
            buffer = buffer[(end + 1)..];
        }
    }

    /// <inheritdoc/>
    public override void WriteLine(string? value)
    {
        Write(value);
        Write('\n');
    }

    /// <inheritdoc/>
    public override void Flush()
    {
        var app = HostedApp.Current;
        Send(app, Line(app), keepEmpty: false);
    }

    private StringBuilder Line(HostedApp? app) =>
        app is null ? _ownLine : _lines.GetValue(app, static _ => new StringBuilder());

    private void Append(HostedApp? app, StringBuilder line, ReadOnlySpan<char> text)
    {
        while (line.Length + text.Length > LongestLine)
        {
            var room = LongestLine - line.Length;
            line.Append(text[..room]);
            text = text[room..];
            Send(app, line, keepEmpty: false);
        }

        line.Append(text);
    }

    private void Send(HostedApp? app, StringBuilder line, bool keepEmpty)
    {
        if (line.Length == 0 && !keepEmpty)
        {
            return;
        }

        if (line.Length > 0 && line[^1] == '\r')
        {
            line.Length--;
        }

        var text = line.ToString();
        line.Clear();
        if (text.Length == 0)
        {
            return;
        }

        if (app is null)
        {
            _unattributed(_level, _category, text);
        }
        else
        {
            app.Connection.Log(_level, _category, text);
        }
    }
}
