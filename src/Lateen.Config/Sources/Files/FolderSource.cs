using System.Collections.Immutable;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Lateen.Config.Sources.Files;

/// <summary>Follows a folder of YAML and JSON files: all objects at the start, and again after every change.</summary>
/// <remarks>
/// A file that can not be read or parsed keeps its last good objects in force and is reported; the others follow their changes. What
/// changes while a reading is under way is read once more. Objects are given in order of path, so later runs see the same order.
/// </remarks>
public sealed class FolderSource(string folder, string defaultNamespace, ILogger logger)
{
    private readonly Dictionary<string, ImmutableArray<ConfigDocument>> _lastGood = [];

    /// <summary>Calls the sink with every object of the folder, at once and after each change, until cancelled.</summary>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist at the start.</exception>
    public async Task RunAsync(Action<FolderReading> sink, CancellationToken cancellation)
    {
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"{folder}: no such folder");
        }

        var changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        using var watcher = new FileSystemWatcher(folder) { IncludeSubdirectories = true, EnableRaisingEvents = true };
        watcher.Changed += (_, _) => changes.Writer.TryWrite(true);
        watcher.Created += (_, _) => changes.Writer.TryWrite(true);
        watcher.Deleted += (_, _) => changes.Writer.TryWrite(true);
        watcher.Renamed += (_, _) => changes.Writer.TryWrite(true);

        // The watcher's buffer may overflow: then what changed is unknown, and everything is read anyway.
        watcher.Error += (_, _) => changes.Writer.TryWrite(true);

        sink(Read());
        try
        {
            await foreach (var _ in changes.Reader.ReadAllAsync(cancellation))
            {
                sink(Read());
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    /// <summary>Reads the folder once.</summary>
    public FolderReading Read()
    {
        var problems = new List<ConfigProblem>();
        var documents = ImmutableArray.CreateBuilder<ConfigDocument>();
        var files = Files();
        foreach (var file in files)
        {
            var before = problems.Count;
            ImmutableArray<ConfigDocument> read;
            try
            {
                read = ConfigText.Read(File.ReadAllText(file), file, defaultNamespace, problems);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                problems.Add(ConfigProblem.Error(
                    "IST0106", $"can not be read: {exception.Message}", new ConfigLocation(null, "", file), "make it readable"));
                read = [];
            }

            if (problems.Count == before)
            {
                _lastGood[file] = read;
            }

            documents.AddRange(_lastGood.GetValueOrDefault(file, read));
        }

        foreach (var gone in _lastGood.Keys.Except(files).ToList())
        {
            _lastGood.Remove(gone);
        }

        foreach (var problem in problems)
        {
            FolderLog.Unreadable(logger, problem);
        }

        return new FolderReading(documents.ToImmutable(), [.. problems]);
    }

    private List<string> Files()
    {
        try
        {
            return [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Where(file => Path.GetExtension(file) is ".yaml" or ".yml" or ".json")
                .Order(StringComparer.Ordinal)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            FolderLog.FolderUnreadable(logger, folder, exception.Message);
            return [.. _lastGood.Keys];
        }
    }
}
