using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Lateen.Inspection.BugReport;

namespace Lateen.Cli.Commands.BugReport;

/// <summary>The files of a bug report; every text loses its keys and tokens on the way in.</summary>
internal sealed class BugReportArchive(DateTimeOffset time)
{
    private const string Folder = "bug-report/";

    private readonly SortedDictionary<string, string> _files = new(StringComparer.Ordinal);

    public void Add(string name, string text) => _files[name] = SecretText.Redact(text);

    /// <summary>Writes a tar.gz.</summary>
    public async Task WriteAsync(string path, CancellationToken cancellation)
    {
        await using FileStream file = new(path, new FileStreamOptions
        {
            Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        await using GZipStream zip = new(file, CompressionLevel.Optimal);
        await using TarWriter tar = new(zip);
        foreach (var (name, text) in _files)
        {
            using MemoryStream bytes = new(Encoding.UTF8.GetBytes(text));
            await tar.WriteEntryAsync(
                new PaxTarEntry(TarEntryType.RegularFile, Folder + name) { DataStream = bytes, ModificationTime = time, Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite },
                cancellation);
        }
    }
}
