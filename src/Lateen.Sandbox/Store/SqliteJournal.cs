using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Lateen.Sandbox.Store;

/// <summary>The store's disk: one table of objects and one row with the last resourceVersion, written through on each change.</summary>
/// <remarks>
/// WAL with synchronous=NORMAL: a change survives the death of the process, and the file stays consistent after the death of
/// the machine (SQLite, "Write-Ahead Logging"). Not thread-safe: <see cref="ObjectStore"/> calls it under its lock.
/// </remarks>
internal sealed class SqliteJournal : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _put;
    private readonly SqliteCommand _delete;
    private readonly SqliteCommand _version;

    /// <summary>Opens or creates the file; <c>null</c> keeps everything in memory (tests).</summary>
    public SqliteJournal(string? path)
    {
        SQLitePCL.Batteries_V2.Init();
        _connection = new SqliteConnection(path is null
            ? "Data Source=:memory:;Pooling=False"
            : new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        _connection.Open();
        Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=2000;");
        Execute("""
            CREATE TABLE IF NOT EXISTS objects (
              resource TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, json BLOB NOT NULL,
              PRIMARY KEY (resource, namespace, name)) WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS store (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL);
            INSERT OR IGNORE INTO store VALUES (1, 0);
            """);
        _put = Prepare(
            "INSERT OR REPLACE INTO objects VALUES ($resource, $namespace, $name, $version, $json)",
            "$resource", "$namespace", "$name", "$version", "$json");
        _delete = Prepare(
            "DELETE FROM objects WHERE resource = $resource AND namespace = $namespace AND name = $name",
            "$resource", "$namespace", "$name");
        _version = Prepare("UPDATE store SET version = $version", "$version");
    }

    public long ReadVersion()
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT version FROM store";
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    public IEnumerable<StoredObject> ReadAll()
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT resource, namespace, name, version, json FROM objects";
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            var key = new ObjectKey(reader.GetString(0), reader.GetString(1), reader.GetString(2));
            yield return new StoredObject(key, reader.GetInt64(3), reader.GetFieldValue<byte[]>(4));
        }
    }

    public void Put(StoredObject obj)
    {
        using var transaction = _connection.BeginTransaction();
        _put.Transaction = _version.Transaction = transaction;
        BindKey(_put, obj.Key);
        _put.Parameters["$version"].Value = obj.ResourceVersion;
        _put.Parameters["$json"].Value = obj.Json.ToArray();
        _put.ExecuteNonQuery();
        WriteVersion(obj.ResourceVersion);
        transaction.Commit();
    }

    public void Delete(ObjectKey key, long version)
    {
        using var transaction = _connection.BeginTransaction();
        _delete.Transaction = _version.Transaction = transaction;
        BindKey(_delete, key);
        _delete.ExecuteNonQuery();
        WriteVersion(version);
        transaction.Commit();
    }

    public void Dispose()
    {
        _put.Dispose();
        _delete.Dispose();
        _version.Dispose();
        _connection.Dispose();
    }

    private static void BindKey(SqliteCommand command, ObjectKey key)
    {
        command.Parameters["$resource"].Value = key.Resource;
        command.Parameters["$namespace"].Value = key.Namespace;
        command.Parameters["$name"].Value = key.Name;
    }

    private void WriteVersion(long version)
    {
        _version.Parameters["$version"].Value = version;
        _version.ExecuteNonQuery();
    }

    private void Execute(string sql)
    {
        using var command = _connection.CreateCommand();
#pragma warning disable CA2100 // only constant text of this file comes here
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    private SqliteCommand Prepare(string sql, params ReadOnlySpan<string> parameters)
    {
        var command = _connection.CreateCommand();
#pragma warning disable CA2100 // only constant text of this file comes here
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var name in parameters)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            command.Parameters.Add(parameter);
        }

        return command;
    }
}
