using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("ModHost.Embedded.Tests")]
