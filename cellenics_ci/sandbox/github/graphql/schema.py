"""The part of GitHub's GraphQL schema that the embedded GitHub knows, with GitHub's own names and nullability."""

from __future__ import annotations

from typing import Final

SCHEMA: Final = """
scalar DateTime
scalar GitObjectID
scalar GitSSHRemote
scalar GitTimestamp
scalar URI

enum OrderDirection { ASC DESC }
enum RepositoryOrderField { CREATED_AT NAME PUSHED_AT STARGAZERS UPDATED_AT }
enum RepositoryPermission { ADMIN MAINTAIN READ TRIAGE WRITE }
enum RepositoryPrivacy { PRIVATE PUBLIC }
enum RepositoryVisibility { INTERNAL PRIVATE PUBLIC }
enum RepositoryAffiliation { COLLABORATOR ORGANIZATION_MEMBER OWNER }

input RepositoryOrder { direction: OrderDirection! field: RepositoryOrderField! }

type PageInfo { endCursor: String hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String }
type RateLimit {
  cost: Int! limit: Int! nodeCount: Int! remaining: Int! resetAt: DateTime! used: Int!
}

interface RepositoryOwner {
  id: ID!
  login: String!
  url: URI!
  repositories(
    after: String before: String first: Int last: Int orderBy: RepositoryOrder privacy: RepositoryPrivacy
    visibility: RepositoryVisibility isArchived: Boolean isFork: Boolean isLocked: Boolean
    affiliations: [RepositoryAffiliation] ownerAffiliations: [RepositoryAffiliation] = [OWNER, COLLABORATOR]
  ): RepositoryConnection!
  repository(name: String! followRenames: Boolean = true): Repository
}
type Organization implements RepositoryOwner {
  id: ID!
  login: String!
  url: URI!
  databaseId: Int
  name: String
  createdAt: DateTime!
  viewerCanAdminister: Boolean!
  viewerIsAMember: Boolean!
  repositories(
    after: String before: String first: Int last: Int orderBy: RepositoryOrder privacy: RepositoryPrivacy
    visibility: RepositoryVisibility isArchived: Boolean isFork: Boolean isLocked: Boolean
    affiliations: [RepositoryAffiliation] ownerAffiliations: [RepositoryAffiliation] = [OWNER, COLLABORATOR]
  ): RepositoryConnection!
  repository(name: String! followRenames: Boolean = true): Repository
  membersWithRole(after: String before: String first: Int last: Int): OrganizationMemberConnection!
}
enum OrganizationMemberRole { ADMIN MEMBER }
type OrganizationMemberConnection {
  edges: [OrganizationMemberEdge] nodes: [User] pageInfo: PageInfo! totalCount: Int!
}
type OrganizationMemberEdge { cursor: String! node: User role: OrganizationMemberRole }
type User implements RepositoryOwner {
  id: ID!
  login: String!
  url: URI!
  databaseId: Int
  name: String
  createdAt: DateTime!
  repositories(
    after: String before: String first: Int last: Int orderBy: RepositoryOrder privacy: RepositoryPrivacy
    visibility: RepositoryVisibility isArchived: Boolean isFork: Boolean isLocked: Boolean
    affiliations: [RepositoryAffiliation] ownerAffiliations: [RepositoryAffiliation] = [OWNER, COLLABORATOR]
  ): RepositoryConnection!
  repository(name: String! followRenames: Boolean = true): Repository
}

type RepositoryConnection {
  edges: [RepositoryEdge] nodes: [Repository] pageInfo: PageInfo! totalCount: Int!
}
type RepositoryEdge { cursor: String! node: Repository }
type Repository {
  id: ID!
  databaseId: Int
  name: String!
  nameWithOwner: String!
  owner: RepositoryOwner!
  description: String
  isArchived: Boolean!
  isDisabled: Boolean!
  isEmpty: Boolean!
  isFork: Boolean!
  isInOrganization: Boolean!
  isLocked: Boolean!
  isPrivate: Boolean!
  isTemplate: Boolean!
  hasIssuesEnabled: Boolean!
  hasWikiEnabled: Boolean!
  mergeCommitAllowed: Boolean!
  rebaseMergeAllowed: Boolean!
  squashMergeAllowed: Boolean!
  parent: Repository
  visibility: RepositoryVisibility!
  url: URI!
  sshUrl: GitSSHRemote!
  viewerPermission: RepositoryPermission
  viewerCanAdminister: Boolean!
  createdAt: DateTime!
  pushedAt: DateTime
  updatedAt: DateTime!
  archivedAt: DateTime
  defaultBranchRef: Ref
  object(expression: String oid: GitObjectID): GitObject
  environments(after: String before: String first: Int last: Int): EnvironmentConnection!
  deployKeys(after: String before: String first: Int last: Int): DeployKeyConnection!
}

type Ref { id: ID! name: String! prefix: String! target: GitObject }
interface GitObject { abbreviatedOid: String! id: ID! oid: GitObjectID! }
type Commit implements GitObject {
  abbreviatedOid: String! id: ID! oid: GitObjectID! committedDate: DateTime! message: String! tree: Tree!
  author: GitActor
  file(path: String!): TreeEntry
  history(after: String before: String first: Int last: Int path: String): CommitHistoryConnection!
}
type GitActor { date: GitTimestamp email: String name: String user: User }
type CommitHistoryConnection {
  edges: [CommitEdge] nodes: [Commit] pageInfo: PageInfo! totalCount: Int!
}
type CommitEdge { cursor: String! node: Commit }
type Blob implements GitObject {
  abbreviatedOid: String! id: ID! oid: GitObjectID!
  byteSize: Int! isBinary: Boolean isTruncated: Boolean! text: String
}
type Tree implements GitObject { abbreviatedOid: String! id: ID! oid: GitObjectID! entries: [TreeEntry!] }
type TreeEntry {
  name: String! path: String mode: Int! type: String! size: Int! oid: GitObjectID! object: GitObject
}

type EnvironmentConnection {
  edges: [EnvironmentEdge] nodes: [Environment] pageInfo: PageInfo! totalCount: Int!
}
type EnvironmentEdge { cursor: String! node: Environment }
type Environment { id: ID! databaseId: Int name: String! }
type DeployKeyConnection { edges: [DeployKeyEdge] nodes: [DeployKey] pageInfo: PageInfo! totalCount: Int! }
type DeployKeyEdge { cursor: String! node: DeployKey }
type DeployKey {
  id: ID! title: String! key: String! readOnly: Boolean! verified: Boolean! enabled: Boolean! createdAt: DateTime!
}

type Query {
  viewer: User!
  rateLimit(dryRun: Boolean = false): RateLimit
  organization(login: String!): Organization
  user(login: String!): User
  repositoryOwner(login: String!): RepositoryOwner
  repository(owner: String! name: String! followRenames: Boolean = true): Repository
}
"""
