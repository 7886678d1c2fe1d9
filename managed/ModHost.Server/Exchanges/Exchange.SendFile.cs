using System.Buffers;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Win32.SafeHandles;
using ModHost.Server.Transport;

namespace ModHost.Server.Exchanges;

/// <summary>Files go to the client by the web server's own means. Application thread.</summary>
internal abstract partial class Exchange
{
    async Task IHttpResponseBodyFeature.SendFileAsync(
        string path, long offset, long? count, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        ResponseWriter.ThrowIfCompleted();
        var size = SizeOf(file);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, size);
        var length = count ?? size - offset;
        ArgumentOutOfRangeException.ThrowIfNegative(length, nameof(count));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, size - offset, nameof(count));
        await ((IHttpResponseBodyFeature)this).StartAsync(cancellationToken).ConfigureAwait(false);
        if (size == 0 && count is null)
        {
            await Copy(file, cancellationToken).ConfigureAwait(false);
            return;
        }

        CountFile(length);
        if (IsLastWrite)
        {
            PreventAbort();
        }

        await Send(file, offset, length, cancellationToken).ConfigureAwait(false);
    }

    // What has no size may have content all the same: files of /proc, pipes, devices.
    private static long SizeOf(SafeFileHandle file)
    {
        try
        {
            return RandomAccess.GetLength(file);
        }
        catch (NotSupportedException)
        {
            return 0;
        }
    }

    // To its end, which may never come: then until nobody is there who reads it.
    private async Task Copy(SafeFileHandle file, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(CopyAtOnce);
        try
        {
            await using var content = new FileStream(file, FileAccess.Read, bufferSize: 0);
            while (_live && !IsOver && !(_bodyForbidden && IsHead)
                && await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var length)
            {
                await ResponseStream.WriteAsync(buffer.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void CountFile(long length)
    {
        for (var left = length; left > 0; left -= Math.Min(left, int.MaxValue))
        {
            CountWrite((int)Math.Min(left, int.MaxValue));
        }
    }

    private ValueTask<System.IO.Pipelines.FlushResult> Send(
        SafeFileHandle file, long offset, long length, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!_live || IsOver || _bodyForbidden || length == 0)
            {
                return default;
            }

            MoveWritten();
            SendLocked(SendFlags.Flush | SendFlags.File, file, offset, length);
            return _underWay > _transport.SendWindow && !_broken
                ? _flush.Wait(cancellationToken)
                : default;
        }
    }
}
