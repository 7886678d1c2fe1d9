using System.Buffers.Binary;

namespace ModHost.Protocol;

/// <summary>The checks of a request head block, in the order of its layout.</summary>
internal static class RequestHeadCheck
{
    private const RequestTraits AllTraits = RequestTraits.Body | RequestTraits.Tls | RequestTraits.Upgradable
        | RequestTraits.EarlyData | RequestTraits.Chunked;

    internal static HeadError Check(ReadOnlySpan<byte> memory)
    {
        var error = HeadCheck.Frame(memory, HeadLayout.RequestSize, out var block);
        if (error != HeadError.None)
        {
            return error;
        }

        error = CheckNumbers(block);
        if (error != HeadError.None)
        {
            return error;
        }

        for (var at = HeadLayout.Request.MethodName; at < HeadLayout.RequestSize; at += 8)
        {
            if (!HeadCheck.SliceFits(block, at))
            {
                return HeadError.Offset;
            }
        }

        var head = new RequestHead(block);
        if (!TextFits(head))
        {
            return HeadError.Text;
        }

        error = HeadCheck.Fields(
            block, HeadLayout.Request.HeadersOffset, head.HeaderCount, HeaderText.Names);
        return error != HeadError.None ? error : CheckVariables(block, head.VariableCount);
    }

    private static HeadError CheckNumbers(ReadOnlySpan<byte> block)
    {
        var head = new RequestHead(block);
        var known = head.Method < MethodTable.Count
            && head.HttpVersion is 0x0009 or 0x0100 or 0x0101 or 0x0200 or 0x0300
            && head.ContentLength >= -1
            && (head.Traits & ~AllTraits) == 0;
        if (!known)
        {
            return HeadError.Number;
        }

        var body = (head.Traits & RequestTraits.Body) != 0;
        var chunked = (head.Traits & RequestTraits.Chunked) != 0;
        var contradiction = (chunked && (!body || head.ContentLength != -1)) || (!body && head.ContentLength > 0);
        return contradiction ? HeadError.Number : HeadError.None;
    }

    private static bool TextFits(RequestHead head) =>
        (head.Method == MethodTable.Other) == HeadCheck.IsToken(head.MethodName)
        && StartsWith(head.PathBase, (byte)'/')
        && StartsWith(head.Path, (byte)'/')
        && StartsWith(head.Query, (byte)'?');

    private static bool StartsWith(ReadOnlySpan<byte> text, byte first) => text.IsEmpty || text[0] == first;

    private static HeadError CheckVariables(ReadOnlySpan<byte> block, int count)
    {
        var table = BinaryPrimitives.ReadUInt32LittleEndian(block[HeadLayout.Request.VariablesOffset..]);
        if (!HeadCheck.TableFits(block, table, count, HeadLayout.VariableSize))
        {
            return HeadError.Offset;
        }

        for (var index = 0; index < count; index++)
        {
            var at = (int)table + (index * HeadLayout.VariableSize);
            if (!HeadCheck.SliceFits(block, at) || !HeadCheck.SliceFits(block, at + 8))
            {
                return HeadError.Offset;
            }

            if (BinaryPrimitives.ReadUInt32LittleEndian(block[(at + 4)..]) == 0)
            {
                return HeadError.Text;
            }
        }

        return HeadError.None;
    }
}
