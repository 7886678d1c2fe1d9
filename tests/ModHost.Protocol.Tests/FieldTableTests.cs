using System.Text;
using System.Text.RegularExpressions;

namespace ModHost.Protocol.Tests;

public sealed partial class FieldTableTests
{
    [Fact]
    public void Numbers_and_names_are_those_of_abi_h()
    {
        var list = Repository.Abi.Split("#define MODHOST_KNOWN_HEADERS")[1].Split("enum modhost_header")[0];
        var headers = Entry().Matches(list.Replace("\\\n", "", StringComparison.Ordinal));

        Assert.Equal(HeaderNumber.Count - 1, headers.Count);
        foreach (Match header in headers)
        {
            var number = int.Parse(header.Groups[1].Value);
            Assert.Equal(header.Groups[2].Value, FieldTable.Name(number));
            Assert.Equal(number, FieldTable.Find(header.Groups[2].Value));
        }
    }

    [Fact]
    public void Constants_are_named_after_their_headers()
    {
        foreach (var constant in typeof(HeaderNumber).GetFields().Where(field => field.Name is not ("Other" or "Count")))
        {
            var name = FieldTable.Name((int)constant.GetRawConstantValue()!);
            Assert.Equal(name.Replace("-", "", StringComparison.Ordinal), constant.Name, ignoreCase: true);
        }
    }

    [Fact]
    public void Names_are_found_in_any_case_as_text_and_as_bytes()
    {
        for (var number = 1; number < HeaderNumber.Count; number++)
        {
            foreach (var name in new[] { FieldTable.Name(number), FieldTable.Name(number).ToUpperInvariant(), FieldTable.Name(number).ToLowerInvariant() })
            {
                Assert.Equal(number, FieldTable.Find(name));
                Assert.Equal(number, FieldTable.Find(Encoding.ASCII.GetBytes(name)));
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("X")]
    [InlineData("Accept-")]
    [InlineData("Content-Lengtg")]
    [InlineData("Hos\u0074\u0000")]
    [InlineData("\u212Aeep-Alive")]
    public void Other_names_have_no_number(string name)
    {
        Assert.Equal(0, FieldTable.Find(name));
        Assert.Equal(0, FieldTable.Find(Encoding.UTF8.GetBytes(name)));
    }

    [Fact]
    public void Methods_are_those_of_abi_h()
    {
        var methods = Method().Matches(Repository.Abi);

        Assert.Equal(MethodTable.Count, methods.Count);
        foreach (Match method in methods)
        {
            var number = int.Parse(method.Groups[2].Value);
            Assert.Equal(number == 0 ? "" : method.Groups[1].Value, MethodTable.Name(number));
        }

        Assert.Equal(0, MethodTable.Find("get"));
        Assert.Equal(0, MethodTable.Find(""));
    }

    [GeneratedRegex("""X\((\d+),\s*\w+,\s*"([^"]+)"\)""")]
    private static partial Regex Entry();

    [GeneratedRegex("""#define MODHOST_METHOD_(\w+)\s+(\d+)""")]
    private static partial Regex Method();
}
