namespace Lateen.Cli;

/// <summary>A file that a command line names, directly or by its folder; <c>-</c> is standard input.</summary>
internal sealed record ConfigFile(string Name, string Text);

/// <summary>Reads the files and folders of a command line; of folders only YAML and JSON files.</summary>
internal static class ConfigFiles
{
    private static readonly string[] Extensions = [".json", ".yaml", ".yml"];

    /// <exception cref="CommandException">One of them does not exist or can not be read.</exception>
    public static async Task<IReadOnlyList<ConfigFile>> ReadAsync(IEnumerable<string> names, bool recursive, CancellationToken cancellation)
    {
        List<ConfigFile> files = [];
        foreach (string name in names)
        {
            if (name == "-")
            {
                files.Add(new ConfigFile("-", await Console.In.ReadToEndAsync(cancellation)));
                continue;
            }

            bool isFolder = Directory.Exists(name);
            if (!isFolder && !File.Exists(name))
            {
                throw new CommandException($"stat {name}: no such file or directory");
            }

            IEnumerable<string> paths = isFolder
                ? Directory.EnumerateFiles(name, "*", recursive ? SearchOption.AllDirectories : SearchOption.TopDirectoryOnly).Order(StringComparer.Ordinal)
                : [name];
            foreach (string path in paths)
            {
                if (!Extensions.Contains(Path.GetExtension(path)))
                {
                    await Console.Error.WriteLineAsync($"Skipping file {path}, recognized file extensions are: [{string.Join(' ', Extensions)}]");
                    continue;
                }

                files.Add(new ConfigFile(path, await File.ReadAllTextAsync(path, cancellation)));
            }
        }

        return files;
    }
}
