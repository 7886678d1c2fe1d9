using System.Globalization;
using System.Text;

namespace ModHost.Protocol.Tests;

/// <summary>The canonical text of a head block, as tests/vectors/README.md describes it.</summary>
internal static class HeadDump
{
    public static string Request(ReadOnlySpan<byte> block)
    {
        var head = new RequestHead(block);
        var text = Begin("request", block);
        text.Append(CultureInfo.InvariantCulture, $"flags=0x{(int)head.Traits:x4}\n");
        Line(text, "method", head.Method);
        text.Append(CultureInfo.InvariantCulture, $"http_version=0x{head.HttpVersion:x4}\n");
        Line(text, "content_length", head.ContentLength);
        text.Append(CultureInfo.InvariantCulture, $"connection_id={head.ConnectionId}\nrequest_number={head.RequestNumber}\n");
        Line(text, "remote_port", head.RemotePort);
        Line(text, "local_port", head.LocalPort);
        Line(text, "header_count", head.HeaderCount);
        Line(text, "variable_count", head.VariableCount);
        Line(text, "method_name", head.MethodName);
        Line(text, "target", head.Target);
        Line(text, "path_base", head.PathBase);
        Line(text, "path", head.Path);
        Line(text, "query", head.Query);
        Line(text, "remote_address", head.RemoteAddress);
        Line(text, "local_address", head.LocalAddress);
        Line(text, "request_id", head.RequestId);
        Line(text, "remote_user", head.RemoteUser);
        Line(text, "auth_type", head.AuthType);
        Line(text, "tls_protocol", head.TlsProtocol);
        Line(text, "tls_cipher", head.TlsCipher);
        Line(text, "tls_server_name", head.TlsServerName);
        Line(text, "tls_client_certificate", head.TlsClientCertificate);
        for (var index = 0; index < head.HeaderCount; index++)
        {
            Field(text, index, head.Header(index));
        }

        for (var index = 0; index < head.VariableCount; index++)
        {
            Line(text, $"variable.{index}.name", head.VariableName(index));
            Line(text, $"variable.{index}.value", head.VariableValue(index));
        }

        return text.ToString();
    }

    public static string Response(ReadOnlySpan<byte> block)
    {
        var head = new ResponseHead(block);
        var text = Begin("response", block);
        text.Append(CultureInfo.InvariantCulture, $"flags=0x{(int)head.Traits:x4}\n");
        Line(text, "status", head.Status);
        Line(text, "content_length", head.ContentLength);
        Line(text, "header_count", head.HeaderCount);
        Line(text, "reason", head.Reason);
        for (var index = 0; index < head.HeaderCount; index++)
        {
            Field(text, index, head.Header(index));
        }

        return text.ToString();
    }

    private static StringBuilder Begin(string kind, ReadOnlySpan<byte> block)
    {
        var text = new StringBuilder($"kind={kind}\n");
        Line(text, "size", BitConverter.ToUInt32(block));
        Line(text, "version", BitConverter.ToUInt16(block[4..]));
        Line(text, "fixed_size", BitConverter.ToUInt16(block[6..]));
        return text;
    }

    private static void Field(StringBuilder text, int index, HeadField field)
    {
        Line(text, $"header.{index}.known", field.Known);
        Line(text, $"header.{index}.name", field.Name);
        Line(text, $"header.{index}.value", field.Value);
    }

    private static void Line(StringBuilder text, string key, long value) =>
        text.Append(CultureInfo.InvariantCulture, $"{key}={value}\n");

    private static void Line(StringBuilder text, string key, ReadOnlySpan<byte> value)
    {
        text.Append(key).Append('=');
        foreach (var character in value)
        {
            if (character is < 0x20 or > 0x7e or (byte)'\\')
            {
                text.Append(CultureInfo.InvariantCulture, $"\\x{character:x2}");
            }
            else
            {
                text.Append((char)character);
            }
        }

        text.Append('\n');
    }
}
