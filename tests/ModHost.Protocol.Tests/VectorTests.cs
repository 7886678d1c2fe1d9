using System.Text;
using System.Text.RegularExpressions;

namespace ModHost.Protocol.Tests;

/// <summary>The golden vectors that the C writer made.</summary>
public sealed partial class VectorTests
{
    public static TheoryData<string> Requests => Files("request-*.bin", Repository.Vectors);

    public static TheoryData<string> Responses => Files("response-*.bin", Repository.Vectors);

    public static TheoryData<string> Faults => Files("*.bin", Path.Combine(Repository.Vectors, "bad"));

    [Theory]
    [MemberData(nameof(Requests))]
    public void Requests_read_as_their_text_says(string name)
    {
        var block = Read(name);

        Assert.True(RequestHead.TryValidate(block, out var error), error.ToString());
        Compare(name, HeadDump.Request(block));
    }

    [Theory]
    [MemberData(nameof(Responses))]
    public void Responses_read_as_their_text_says(string name)
    {
        var block = Read(name);

        Assert.True(ResponseHead.TryValidate(block, out var error), error.ToString());
        Compare(name, HeadDump.Response(block));
    }

    [Theory]
    [MemberData(nameof(Responses))]
    public void Responses_written_anew_read_the_same(string name)
    {
        var head = new ResponseHead(Read(name));
        using var writer = new ResponseHeadWriter(new byte[4096], head.HeaderCount);
        if (!head.Reason.IsEmpty)
        {
            writer.Reason(Encoding.UTF8.GetString(head.Reason));
        }

        for (var index = 0; index < head.HeaderCount; index++)
        {
            var field = head.Header(index);
            if (field.Known != 0)
            {
                writer.Field(field.Known, field.Value);
            }
            else
            {
                writer.Field(Encoding.ASCII.GetString(field.GivenName), field.Value);
            }
        }

        var block = writer.Finish(head.Status, head.Traits, head.ContentLength);

        Assert.True(ResponseHead.TryValidate(block, out var error), error.ToString());
        Compare(name, HeadDump.Response(block));
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void Faults_are_refused(string name)
    {
        var block = Read(Path.Combine("bad", name));

        var accepted = name.StartsWith("request", StringComparison.Ordinal)
            ? RequestHead.TryValidate(block, out _)
            : ResponseHead.TryValidate(block, out _);

        Assert.False(accepted);
    }

    [Fact]
    public void The_layout_is_that_of_C()
    {
        var seen = 0;
        foreach (Match line in Member().Matches(File.ReadAllText(Path.Combine(Repository.Vectors, "abi-layout.txt"))))
        {
            var name = line.Groups[2].Value.Replace("_", "", StringComparison.Ordinal);
            var part = line.Groups[1].Value switch
            {
                "request_head" => typeof(HeadLayout).GetNestedType("Request", System.Reflection.BindingFlags.NonPublic)!,
                "response_head" => typeof(HeadLayout).GetNestedType("Response", System.Reflection.BindingFlags.NonPublic)!,
                _ => typeof(HeadLayout).GetNestedType("Field", System.Reflection.BindingFlags.NonPublic)!,
            };
            var constants = part.GetFields(System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.NonPublic);
            if (constants.SingleOrDefault(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } constant)
            {
                Assert.Equal(int.Parse(line.Groups[3].Value), constant.GetRawConstantValue());
                seen++;
            }
        }

        Assert.Equal(25 + 6 + 5, seen);
    }

    private static TheoryData<string> Files(string pattern, string folder)
    {
        var data = new TheoryData<string>();
        foreach (var file in Directory.EnumerateFiles(folder, pattern).Order(StringComparer.Ordinal))
        {
            data.Add(Path.GetFileName(file));
        }

        return data;
    }

    private static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(Repository.Vectors, name));

    private static void Compare(string name, string text)
    {
        var expected = File.ReadAllText(Path.Combine(Repository.Vectors, Path.ChangeExtension(name, ".txt")), Encoding.Latin1);
        Assert.Equal(expected, text);
    }

    [GeneratedRegex("^modhost_(request_head|response_head|field)\\.(\\w+) (\\d+) \\d+$", RegexOptions.Multiline)]
    private static partial Regex Member();
}
