using ModHost.Cli.Applications;

namespace ModHost.Cli.Tests;

public sealed class ApplicationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("modhost-cli-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void An_assembly_is_found_with_its_folder_and_static_files()
    {
        var dll = Put("Shop.dll");
        Put("Shop.runtimeconfig.json");
        Directory.CreateDirectory(Path.Combine(_folder, "wwwroot"));

        var app = Application.Find(dll);

        Assert.Equal((dll, _folder, "Shop", ApplicationKind.Assembly), (app.Path, app.Folder, app.Name, app.Kind));
        Assert.Equal(Path.Combine(_folder, "wwwroot"), app.WebRoot);
    }

    [Fact]
    public void A_publish_folder_stands_for_its_one_application()
    {
        var dll = Put("Shop.dll");
        Put("Shop.runtimeconfig.json");
        Put("Library.dll");

        Assert.Equal(dll, Application.Find(_folder).Path);
    }

    [Fact]
    public void A_native_library_is_told_from_libraries_of_packages()
    {
        var library = Put("Shop.so");
        Put("libe_sqlite3.so");

        Assert.Equal((library, ApplicationKind.Library), (Application.Find(_folder).Path, Application.Find(_folder).Kind));
    }

    [Fact]
    public void A_folder_with_two_applications_is_refused_by_their_names()
    {
        foreach (var name in (string[])["One", "Two"])
        {
            Put(name + ".dll");
            Put(name + ".runtimeconfig.json");
        }

        var error = Assert.Throws<CommandException>(() => Application.Find(_folder));
        Assert.Equal(ExitCode.Usage, error.Code);
        Assert.Contains("One.dll", error.Message, StringComparison.Ordinal);
        Assert.Contains("Two.dll", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Missing.dll", "there is no application at")]
    [InlineData("Library.dll", "is a library, not an application")]
    [InlineData("readme.txt", "is not an application")]
    public void What_is_no_application_is_said_in_a_sentence(string name, string sentence)
    {
        Put("Library.dll");
        Put("readme.txt");

        var error = Assert.Throws<CommandException>(() => Application.Find(Path.Combine(_folder, name)));
        Assert.Contains(sentence, error.Message, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, error.Code);
    }

    [Fact]
    public void A_folder_with_a_project_is_a_project()
    {
        var file = Put("Shop.csproj");

        Assert.Equal(file, Project.Find(_folder)?.File);
        Assert.Equal(file, Project.Find(file)?.File);
        Assert.Null(Project.Find("/tmp"));
    }

    private string Put(string name)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, "");
        return path;
    }
}
