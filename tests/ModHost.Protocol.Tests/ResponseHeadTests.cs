using System.Text;

namespace ModHost.Protocol.Tests;

public sealed class ResponseHeadTests
{
    [Fact]
    public void Everything_that_was_written_is_read()
    {
        Span<byte> memory = new byte[512];
        using var writer = new ResponseHeadWriter(memory, 3);
        writer.Reason("Fine");
        writer.Field(HeaderNumber.ContentType, "text/plain");
        writer.Field("X-Own", "a\tb");
        var block = writer.Finish(200, ResponseTraits.NoBody, 13);

        Assert.True(ResponseHead.TryValidate(block, out _));
        var head = new ResponseHead(block);
        Assert.Equal(200, head.Status);
        Assert.Equal(ResponseTraits.NoBody, head.Traits);
        Assert.Equal(13, head.ContentLength);
        Assert.Equal("Fine", Encoding.UTF8.GetString(head.Reason));
        Assert.Equal(2, head.HeaderCount);
        Assert.Equal(HeaderNumber.ContentType, head.Header(0).Known);
        Assert.Equal("text/plain", Encoding.UTF8.GetString(head.Header(0).Value));
        Assert.Equal("X-Own", Encoding.UTF8.GetString(head.Header(1).Name));
        Assert.Equal("a\tb", Encoding.UTF8.GetString(head.Header(1).Value));
    }

    [Fact]
    public void A_block_that_fits_stays_in_the_given_memory()
    {
        Span<byte> memory = new byte[512];
        using var writer = new ResponseHeadWriter(memory, 1);
        writer.Field(HeaderNumber.ETag, "\"1\"");

        Assert.True(writer.Finish(200, ResponseTraits.None, -1).Overlaps(memory));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(40, 1)]
    [InlineData(64, 5)]
    [InlineData(512, 200)]
    [InlineData(100_000, 200)]
    public void A_block_grows_out_of_memory_that_is_too_small(int room, int fields)
    {
        using var writer = new ResponseHeadWriter(new byte[room], fields);
        for (var number = 0; number < fields; number++)
        {
            writer.Field($"X-{number}", new string((char)('a' + (number % 26)), number * 7));
        }

        var block = writer.Finish(0, ResponseTraits.None, -1);

        Assert.True(ResponseHead.TryValidate(block, out var error), error.ToString());
        var head = new ResponseHead(block);
        Assert.Equal(fields, head.HeaderCount);
        for (var number = 0; number < fields; number++)
        {
            Assert.Equal($"X-{number}", Encoding.UTF8.GetString(head.Header(number).Name));
            Assert.Equal(number * 7, head.Header(number).Value.Length);
        }
    }

    [Fact]
    public void More_fields_than_announced_are_refused()
    {
        var refused = false;
        using var writer = new ResponseHeadWriter(new byte[64], 1);
        writer.Field(HeaderNumber.ETag, "1");
        try
        {
            writer.Field(HeaderNumber.ETag, "2");
        }
        catch (InvalidOperationException)
        {
            refused = true;
        }

        Assert.True(refused);
    }

    [Theory]
    [InlineData("a\rb")]
    [InlineData("a\nb")]
    [InlineData("a\0b")]
    [InlineData("a\u007fb")]
    [InlineData("\u001b")]
    public void Control_characters_in_values_are_refused(string value)
    {
        using var writer = new ResponseHeadWriter(new byte[512], 1);
        writer.Field("X-Own", value);

        Assert.False(ResponseHead.TryValidate(writer.Finish(200, ResponseTraits.None, -1), out var error));
        Assert.Equal(HeadError.Text, error);
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("a:b")]
    [InlineData("a\r\nb")]
    [InlineData("ä")]
    public void Names_that_are_no_token_are_refused(string name)
    {
        using var writer = new ResponseHeadWriter(new byte[512], 1);
        writer.Field(name, "1");

        Assert.False(ResponseHead.TryValidate(writer.Finish(200, ResponseTraits.None, -1), out var error));
        Assert.Equal(HeadError.Text, error);
    }

    [Theory]
    [InlineData(99)]
    [InlineData(600)]
    [InlineData(1)]
    public void Status_numbers_outside_the_range_are_refused(int status)
    {
        using var writer = new ResponseHeadWriter(new byte[512], 0);

        Assert.False(ResponseHead.TryValidate(writer.Finish(status, ResponseTraits.None, -1), out var error));
        Assert.Equal(HeadError.Number, error);
    }

    [Fact]
    public void A_million_mutations_are_read_whole_or_refused()
    {
        var random = new Random(11202026);
        byte[] seed;
        using (var writer = new ResponseHeadWriter(new byte[512], 4))
        {
            writer.Reason("Fine");
            writer.Field(HeaderNumber.ContentType, "text/plain; charset=utf-8");
            writer.Field("X-Own", "value");
            writer.Field(HeaderNumber.SetCookie, "a=b");
            seed = writer.Finish(200, ResponseTraits.None, 13).ToArray();
        }

        var accepted = 0;
        for (var number = 0; number < 1_000_000; number++)
        {
            var block = (byte[])seed.Clone();
            Mutation.Apply(block, random, tableStart: 40);
            if (!ResponseHead.TryValidate(block, out _))
            {
                continue;
            }

            accepted++;
            var head = new ResponseHead(block);
            var length = head.Reason.Length;
            for (var index = 0; index < head.HeaderCount; index++)
            {
                length += head.Header(index).Name.Length + head.Header(index).Value.Length;
            }

            Assert.InRange(length, 0, 5 * block.Length);
        }

        Assert.InRange(accepted, 50_000, 950_000);
    }
}
