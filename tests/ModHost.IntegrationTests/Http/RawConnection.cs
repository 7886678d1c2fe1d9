using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace ModHost.IntegrationTests.Http;

/// <summary>An HTTP/1 client that sends exactly the bytes it is given and forgives nothing in what it reads.</summary>
internal sealed class RawConnection : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly byte[] _buffer = new byte[65536];
    private int _start;
    private int _end;

    private RawConnection(Socket socket, Stream stream)
    {
        _socket = socket;
        _stream = stream;
    }

    public static TimeSpan Limit => Hosting.Wait.Limit;

    public int LocalPort => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    public static async Task<RawConnection> Open(int port, bool tls = false, string host = "probe.test", int receiveBuffer = 0)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer > 0)
        {
            socket.ReceiveBufferSize = receiveBuffer;
        }

        await socket.ConnectAsync(IPAddress.Loopback, port);
        Stream stream = new NetworkStream(socket, ownsSocket: true);
        if (tls)
        {
            var secure = new SslStream(stream, leaveInnerStreamOpen: false, (_, _, _, _) => true);
            await secure.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = host, EnabledSslProtocols = SslProtocols.None });
            stream = secure;
        }

        return new RawConnection(socket, stream);
    }

    /// <summary>One request on a connection of its own.</summary>
    public static async Task<RawResponse> Exchange(int port, string request, string method = "GET")
    {
        await using var connection = await Open(port);
        await connection.Send(request);
        return await connection.Read(method) ?? throw new IOException("The connection was closed without a response.");
    }

    /// <summary>A simple GET on a connection of its own.</summary>
    public static Task<RawResponse> Get(int port, string target, string headers = "") =>
        Exchange(port, $"GET {target} HTTP/1.1\r\nHost: probe.test\r\nConnection: close\r\n{headers}\r\n");

    public Task Send(string latin1) => Send(Encoding.Latin1.GetBytes(latin1));

    public async Task Send(ReadOnlyMemory<byte> bytes)
    {
        await _stream.WriteAsync(bytes);
        await _stream.FlushAsync();
    }

    /// <summary>FIN to the server; reading goes on.</summary>
    public void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Ends the connection with RST.</summary>
    public void Break()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Close();
    }

    /// <summary>Reads a response; <see langword="null"/> when the connection ends before its first byte.</summary>
    public async Task<RawResponse?> Read(string method = "GET")
    {
        var response = await ReadHead();
        if (response is not null)
        {
            await ReadBody(response, method);
        }

        return response;
    }

    /// <summary>Reads a status line and headers.</summary>
    public async Task<RawResponse?> ReadHead()
    {
        var line = await ReadLine(allowEnd: true);
        if (line is null)
        {
            return null;
        }

        var parts = line.Split(' ', 3);
        if (parts.Length < 2 || !parts[0].StartsWith("HTTP/1.", StringComparison.Ordinal) || parts[1].Length != 3)
        {
            throw new IOException($"Not a status line: {line}");
        }

        return new RawResponse
        {
            Version = parts[0],
            Status = int.Parse(parts[1], CultureInfo.InvariantCulture),
            Reason = parts.Length == 3 ? parts[2] : "",
            Headers = await ReadFields(),
        };
    }

    /// <summary>Reads the body that belongs to a head.</summary>
    public async Task ReadBody(RawResponse response, string method = "GET")
    {
        if (method == "HEAD" || response.Status is 204 or 304 or (>= 100 and < 200) || (method == "CONNECT" && response.Status == 200))
        {
            return;
        }

        using var body = new MemoryStream();
        try
        {
            if (response.IsChunked)
            {
                await ReadChunks(response, body);
            }
            else if (response.ContentLength is { } length)
            {
                await Copy(body, length);
            }
            else
            {
                response.Ending = Ending.Closed;
                await Copy(body, long.MaxValue);
            }
        }
        catch (EndOfStreamException)
        {
            response.Ending = Ending.Truncated;
        }
        catch (IOException error) when (error.InnerException is SocketException)
        {
            response.Ending = Ending.Truncated;
        }

        response.Body = body.ToArray();
    }

    /// <summary>The next bytes, whatever they are; empty at the end.</summary>
    public async Task<byte[]> ReadSome()
    {
        if (_start == _end && !await Fill())
        {
            return [];
        }

        var bytes = _buffer.AsSpan(_start, _end - _start).ToArray();
        _start = _end;
        return bytes;
    }

    public async Task<byte[]> ReadExactly(int count)
    {
        using var bytes = new MemoryStream();
        await Copy(bytes, count);
        return bytes.ToArray();
    }

    public async Task<string> ReadUntil(string text)
    {
        var seen = new StringBuilder();
        while (!seen.ToString().Contains(text, StringComparison.Ordinal))
        {
            var more = await ReadSome();
            if (more.Length == 0)
            {
                throw new EndOfStreamException($"The connection ended before '{text}': {seen}");
            }

            seen.Append(Encoding.Latin1.GetString(more));
        }

        return seen.ToString();
    }

    /// <summary>Whether the server ends the connection now, without another byte.</summary>
    public async Task<bool> IsClosed()
    {
        try
        {
            return (await ReadSome()).Length == 0;
        }
        catch (IOException)
        {
            return true;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _socket.Dispose();
    }

    private async Task ReadChunks(RawResponse response, MemoryStream body)
    {
        while (true)
        {
            var line = await ReadLine(allowEnd: false);
            var size = long.Parse(line!.Split(';')[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            if (size == 0)
            {
                response.Trailers = await ReadFields();
                return;
            }

            await Copy(body, size);
            if (await ReadLine(allowEnd: false) != "")
            {
                throw new InvalidDataException("A chunk is longer than it said.");
            }
        }
    }

    private async Task<List<KeyValuePair<string, string>>> ReadFields()
    {
        var fields = new List<KeyValuePair<string, string>>();
        while (await ReadLine(allowEnd: false) is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0)
            {
                throw new InvalidDataException($"Not a header: {line}");
            }

            fields.Add(new(line[..colon], line[(colon + 1)..].Trim(' ', '\t')));
        }

        return fields;
    }

    private async Task<string?> ReadLine(bool allowEnd)
    {
        var line = new StringBuilder();
        while (true)
        {
            if (_start == _end && !await Fill())
            {
                return allowEnd && line.Length == 0 ? null : throw new EndOfStreamException($"The connection ended in a line: {line}");
            }

            var c = (char)_buffer[_start++];
            if (c == '\n')
            {
                if (line.Length == 0 || line[^1] != '\r')
                {
                    throw new InvalidDataException($"A line ends with a bare LF: {line}");
                }

                line.Length--;
                return line.ToString();
            }

            line.Append(c);
        }
    }

    private async Task Copy(MemoryStream to, long count)
    {
        while (count > 0)
        {
            if (_start == _end && !await Fill())
            {
                if (count > long.MaxValue / 2)
                {
                    return;
                }

                throw new EndOfStreamException();
            }

            var now = (int)Math.Min(count, _end - _start);
            to.Write(_buffer, _start, now);
            _start += now;
            count -= now;
        }
    }

    private async Task<bool> Fill()
    {
        using var deadline = new CancellationTokenSource(Limit);
        try
        {
            _start = 0;
            _end = 0;
            _end = await _stream.ReadAsync(_buffer, deadline.Token);
            return _end > 0;
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException("The server sent nothing for too long.");
        }
    }
}
