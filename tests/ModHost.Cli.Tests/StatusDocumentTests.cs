using System.Text;
using ModHost.Cli.Control;

namespace ModHost.Cli.Tests;

public class StatusDocumentTests
{
    private static readonly (Instance, string)[] s_answers =
    [
        (new Instance("/run/modhost/nginx-1"),
            """{"pid":1,"groups":[{"name":"shop","version":2},{"name":"blog","version":1}],"apps":[]}"""),
        (new Instance("/run/modhost/apache-2"), """{"pid":2,"groups":[{"name":"wiki","version":3}],"apps":[]}"""),
    ];

    [Fact]
    public void Without_a_group_it_is_what_supervisors_answer() => Assert.Equal(
        $$"""[{{string.Join(',', s_answers.Select(one => $$"""{"instance":"{{one.Item1.Folder}}","status":{{one.Item2}}}"""))}}]""",
        Text(null));

    [Fact]
    public void Of_one_group_it_has_that_one_with_the_supervisor_to_which_it_belongs() => Assert.Equal(
        """[{"instance":"/run/modhost/nginx-1","status":{"pid":1,"apps":[],"groups":[{"name":"blog","version":1}]}}]""", Text("blog"));

    private static string Text(string? group)
    {
        using var output = new MemoryStream();
        StatusDocument.Write(output, s_answers, group);
        return Encoding.UTF8.GetString(output.ToArray());
    }
}
